"""What an adversary model meant to say: out of JSON, code fences, thinking aloud, labels, numbers and openings.

Attack prompts of other tools want JSON (PyRIT: `next_message`; Crescendo: `generated_question`), so models answer in it
unasked, fenced, truncated or broken. Whatever comes, this ends and raises nothing.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

_READ = 20_000
"""Characters that are looked at."""
_KEYS = (
    *("next_message", "next_question", "generated_question", "question", "message", "prompt", "line", "text"),
    *("content", "utterance", "query", "user", "response"),
)
"""Where a line stands in JSON, the most telling key first."""
_DEEPEST = 4
"""Levels of JSON that are searched."""
_STARTS = 8
"""Places at which JSON is tried to begin."""
_ENOUGH = 3
"""Words of a truncated line from which it is kept."""

_CONTROL = re.compile(
    r"<\|(?:im_start|start_header_id)\|>\s*\w+|<\|[^|<>]{0,60}\|>|</?s>|\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>",
    re.IGNORECASE,
)
_THOUGHT = re.compile(r"<(think|thinking|reasoning)>.*?(?:</\1>|$)", re.IGNORECASE | re.DOTALL)
_THOUGHT_END = re.compile(r"</(?:think|thinking|reasoning)>", re.IGNORECASE)
_FENCE = re.compile(r"```[ \t]*\w*[ \t]*\n?(.*?)(?:```|$)", re.DOTALL)
_CUT_OFF = re.compile(rf'"(?:{"|".join(_KEYS)})"\s*:\s*"((?:[^"\\]|\\.)*)("?)', re.DOTALL)
_OTHER_SIDE = re.compile(r"\n\s*\**(?:assistant|ai|bot|model|target|user|human)\**\s*:", re.IGNORECASE)
_OPENING = re.compile(
    r"^(?:(?:sure|okay|ok|of course|certainly|absolutely|great)\b[\s,.!:;-]*)?"
    r"(?:(?:here(?: is|'s|’s| are)|this is)\b[^:\n\"“?]{0,80}:)\s*",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"^(?:the )?(?:(?:next|follow-?up|first|last|final|my|user'?s?|rewritten) )?"
    r"(?:question|message|line|prompt|user|human|you|turn|request|sentence|answer|translation|rewritten|rewrite)"
    r"(?: \d+)?\s*:\s*",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"^\(?\d{1,2}(?:\)\s*|\.\s+)")
_MARKUP = " \t\"'\u2022\u201c\u201d\u2018\u2019\u00ab\u00bb*_#>`-"
_SENTENCE = re.compile("[.!?…]+[\"'”’)]*(?=\\s|$)|[\u3002\uff01\uff1f]")
_JOINERS = "\u200c\u200d"


def spoken(written: str) -> str | None:
    """The one line that was meant, '' when there is none; None when the text is JSON in which no line is found."""
    text = _bare(written)
    found = _in_json(text)
    if found is None and text.startswith(("{", "[")):
        return None
    return clean(_own_words(text) if found is None else found)


def listed(written: str, *, delimiter: str = "\n", stop: str = "") -> list[str]:
    """The texts of a list, in order, without blank ones: those of a JSON list, else what `delimiter` separates.

    Nothing is read after `stop`; a text without any `delimiter` is read by lines.
    """
    text = _bare(written)
    whole = _decoded(text, 0)
    items = cast("list[Any]", whole) if isinstance(whole, list) else []
    if lines := [line for each in items if (line := clean(_line_in(each, _DEEPEST) or ""))]:
        return lines
    body = text.split(stop, 1)[0] if stop else text
    parts = body.split(delimiter) if delimiter in body else body.splitlines()
    return [line for line in map(clean, parts) if line]


def clean(text: str) -> str:
    """`text` on one line, without control characters, and without labels, numbers and quotation marks around it."""
    shown = "".join(char if char.isprintable() or char in _JOINERS else " " for char in text)
    line = " ".join(shown.split()).strip(_MARKUP)
    for pattern in (_NUMBER, _OPENING, _LABEL):
        line = pattern.sub("", line).strip(_MARKUP)
    return line


def clipped(text: str, most: int) -> str:
    """`text` cut after its last whole word within `most` characters."""
    if len(text) <= most:
        return text
    return text[:most].rsplit(" ", 1)[0] + " ..."


def _bare(written: str) -> str:
    """What was written, without thoughts and control words; of a text with a code fence what stands in it."""
    text = _without_thoughts(_CONTROL.sub(" ", written[:_READ])).strip()
    if fenced := _FENCE.search(text):
        return fenced[1].strip() or text[: fenced.start()].strip()
    return text


def _without_thoughts(text: str) -> str:
    """`text` without what a reasoning model thought aloud; an unclosed thought takes the rest with it."""
    rest = _THOUGHT.sub(" ", text)
    return _THOUGHT_END.split(rest)[-1]


def _own_words(text: str) -> str:
    """The first paragraph that does not just announce the next, up to where the other side is made to speak."""
    paragraphs = [part.strip() for part in _OTHER_SIDE.split(f" {text}")[0].split("\n\n") if part.strip()]
    while len(paragraphs) > 1 and paragraphs[0].rstrip("* ").endswith(":"):
        paragraphs.pop(0)
    return paragraphs[0] if paragraphs else ""


def _in_json(text: str) -> str | None:
    """The line in the first JSON value of `text` that holds one, whole or truncated; None without such."""
    starts = [found.start() for found in re.finditer(r"[{\[]", text)][:_STARTS]
    for start in starts:
        found = _line_in(_decoded(text, start), _DEEPEST)
        if found is not None:
            return found
    cut = _CUT_OFF.search(text) if starts else None
    return None if cut is None else _mended(cut[1], closed=bool(cut[2]))


def _decoded(text: str, start: int) -> Any:
    try:
        return json.JSONDecoder(strict=False).raw_decode(text, start)[0]
    except (ValueError, RecursionError):
        return None


def _line_in(value: Any, depth: int) -> str | None:
    if isinstance(value, str):
        return value
    if depth == 0 or not isinstance(value, dict | list):
        return None
    inner: Sequence[Any]
    if isinstance(value, dict):
        known = cast("Mapping[str, Any]", value)
        inner = [known[key] for key in _KEYS if key in known]
        inner += [nested for nested in known.values() if isinstance(nested, dict)]
    else:
        inner = cast("list[Any]", value)[:1]
    return next((line for each in inner if (line := _line_in(each, depth - 1)) is not None), None)


def _mended(inside: str, *, closed: bool) -> str | None:
    """The text of a JSON string from broken JSON; one that was cut off itself ends with its last whole sentence."""
    try:
        text = str(json.loads(f'"{inside}"', strict=False))
    except (ValueError, RecursionError):
        text = inside.replace("\\n", " ").replace('\\"', '"').replace("\\", "")
    if closed:
        return text
    ends = [found.end() for found in _SENTENCE.finditer(text)]
    kept = text[: ends[-1]] if ends else ""
    return kept if len(kept.split()) >= _ENOUGH else None
