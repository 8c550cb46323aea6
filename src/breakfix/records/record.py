"""What every record is: frozen, closed to unknown fields, and named by its content."""

import hashlib
import json
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict

_ID_DIGITS = 16


def writable(text: str) -> str:
    """`text` with lone surrogates, which no UTF-8 file can hold, replaced by U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if _has_surrogate(text) else text


Text = Annotated[str, AfterValidator(writable)]
"""Text from outside - a model, a file, a server - that can always be written to the run folder."""


class Record(BaseModel):
    """A frozen value that is written to and read from the run folder."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


def canonical_json(value: Any) -> str:
    """`value` as JSON text that does not depend on key order or spacing."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=_plain)


def content_id(*parts: Any) -> str:
    """A 16-digit hexadecimal id that changes with every part (64 bits of SHA-256 over canonical JSON)."""
    encoded = canonical_json(parts).encode("utf-8", "surrogatepass")
    return hashlib.sha256(encoded).hexdigest()[:_ID_DIGITS]


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= char <= "\udfff" for char in text) if not text.isascii() else False


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    raise TypeError(f"a {type(value).__name__} cannot be part of an id")
