"""How well each packaged judge agrees with people, as `benchmarks/judges.py` measured it."""

from functools import cache
from pathlib import Path

from breakfix.records import Agreement

FOLDER = Path(__file__).parent


@cache
def agreement(judge: str) -> Agreement | None:
    """The measured agreement of the judge of that name; None when it was never measured."""
    path = FOLDER / file_of(judge)
    return Agreement.model_validate_json(path.read_bytes()) if path.exists() else None


def file_of(judge: str) -> str:
    """Name of the file that holds a judge's agreement."""
    return f"{judge}.agreement.json"
