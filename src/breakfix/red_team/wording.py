"""Texts that attacks send: templates from files beside the code, filled in one pass."""

import re
from pathlib import Path

from breakfix.config import nearest
from breakfix.errors import ConfigError

_PLACE = re.compile(r"\{(\w+)\}")
_TITLE = re.compile(r"^# (\w+)\n", re.MULTILINE)


def substitute(template: str, **texts: str) -> str:
    """`template` with every `{name}` of `texts` replaced; braces in the texts and all others stay as they are."""
    return _PLACE.sub(lambda found: texts.get(found[1], found[0]), template)


def titled_texts(path: Path) -> dict[str, str]:
    """The texts of a file by title, in order; a line `# title` begins each."""
    parts = _TITLE.split(path.read_text(encoding="utf-8"))
    return {title: text.strip() for title, text in zip(parts[1::2], parts[2::2], strict=True)}


def chosen_texts(path: Path, title: str) -> dict[str, str]:
    """The text of the file that has `title`, all of them when it is blank; raises ConfigError for an unknown title.

    The file is named after its attack.
    """
    known = titled_texts(path)
    if not title:
        return known
    if title not in known:
        near = nearest(title, list(known))
        raise ConfigError(
            f"there is no text {title!r}" + (f"; did you mean {near!r}?" if near else ""),
            where=f"attack {path.stem!r}",
            hint=f"known: {', '.join(known)}",
        )
    return {title: known[title]}
