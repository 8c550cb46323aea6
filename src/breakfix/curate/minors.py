"""Finds among many texts those that must never be used: one expression over all of them, then a close look at few."""
# pyright: basic, reportAttributeAccessIssue=false
# pyarrow ships no types

from collections.abc import Sequence
from concurrent.futures import Executor, Future
from typing import Any

from breakfix.exclusion import excluded, readings, suspicious


def excluded_among(texts: Sequence[str]) -> list[int]:
    """The places of the texts that `excluded` refuses."""
    return confirmed(texts, _matching(_readings(texts)))


def suspected_among(texts: Sequence[str], pool: Executor) -> Future[list[int]]:
    """The places of the texts that need a close look: `confirmed` takes it. The search leaves the interpreter free."""
    return pool.submit(_matching, _readings(texts))


def confirmed(texts: Sequence[str], suspected: Sequence[int]) -> list[int]:
    """Those of the suspected places whose text `excluded` refuses."""
    return [place for place in suspected if excluded(texts[place])]


def _readings(texts: Sequence[str]) -> Any:
    import pyarrow as pa

    forms = [readings(text).encode(errors="replace") for text in texts]
    return pa.array(forms, pa.large_binary()).cast(pa.large_string())


def _matching(forms: Any) -> list[int]:
    import pyarrow.compute as pc

    return pc.indices_nonzero(pc.match_substring_regex(forms, suspicious())).to_pylist()
