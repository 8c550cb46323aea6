"""Filling the places of a template in one pass, so that braces in a goal or an answer stay text."""

import re
from pathlib import Path

_PLACE = re.compile(r"\{(\w+)\}")


def substitute(template: str, **texts: str) -> str:
    """`template` with every `{name}` of `texts` replaced; other braces stay as they are."""
    return _PLACE.sub(lambda found: texts.get(found[1], found[0]), template)


def paragraphs(path: Path) -> tuple[str, ...]:
    """The paragraphs of a text file, in order."""
    return tuple(part.strip() for part in path.read_text(encoding="utf-8").split("\n\n") if part.strip())
