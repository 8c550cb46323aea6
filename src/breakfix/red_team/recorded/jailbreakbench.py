"""Jailbreak artifacts of JailbreakBench (JSON): prompts of a method with the replies of one model.

Chao et al., arXiv 2404.01318; files as in the repository JailbreakBench/artifacts: `parameters` and `jailbreaks`.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from breakfix.errors import GoalFileError
from breakfix.records import Harm, assistant, harm_of, user
from breakfix.red_team.recorded.reading import Recorded, Recording, label, read_bytes

_NO_NAME = re.compile(r"[^\w .+-]", re.ASCII)
"""What no method is called; the name of an attack stands in tables and reports."""
_SHAPE = "a JailbreakBench artifact is an object with `parameters` and a list `jailbreaks`"


def read_jailbreakbench(path: Path, *, bad_rows: float = 0.05) -> Recording:
    """The jailbreaks of the artifact `path`; raises GoalFileError above the share `bad_rows` of bad entries."""
    try:
        data = json.loads(read_bytes(path).decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise GoalFileError(f"not JSON: {error}"[:300], where=str(path), hint=_SHAPE) from None
    table = _object(data)
    jailbreaks = table.get("jailbreaks")
    if not isinstance(jailbreaks, list):
        raise GoalFileError("there is no list `jailbreaks`", where=str(path), hint=_SHAPE)
    parameters = _object(table.get("parameters"))
    recording = Recording("jailbreakbench", str(path), model=label(parameters.get("model") or ""), licence="MIT")
    method = _NO_NAME.sub("_", label(parameters.get("method") or "unnamed"))
    for number, entry in enumerate(cast("list[Any]", jailbreaks), start=1):
        recording.read += 1
        fields = _object(entry)
        if not isinstance(fields.get("goal"), str):
            recording.spoil(f"jailbreaks[{number - 1}]", "no text `goal`")
        elif not all(isinstance(fields.get(name), str | None) for name in ("prompt", "response")):
            recording.spoil(f"jailbreaks[{number - 1}]", "`prompt` or `response` is no text")
        else:
            recording.add(_recorded(fields, method, number))
    recording.check(bad_rows)
    return recording


def _recorded(fields: Mapping[str, Any], method: str, number: int) -> Recorded:
    prompt, response, jailbroken = fields.get("prompt"), fields.get("response"), fields.get("jailbroken")
    answered = isinstance(prompt, str) and prompt.strip() and isinstance(response, str)
    behavior = str(fields.get("behavior") or "").strip().casefold()
    return Recorded(
        key=f"{method}/{fields.get('index', number)}/{number}",
        text=str(fields["goal"]),
        harm=harm_of(str(fields.get("category") or "")) or harm_of(behavior) or Harm.OTHER,
        language="en",
        group=behavior,
        attack=f"jailbreakbench.{method}",
        family=f"jailbreakbench_{method.casefold().replace(' ', '_')}",
        persona="intermediate",
        conversation=(user(str(prompt)), assistant(str(response))) if answered else None,
        failure=None if answered else "the method gave no prompt, or the model no reply",
        note=method,
        hit=jailbroken if isinstance(jailbroken, bool) else None,
    )


def _object(value: Any) -> Mapping[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
