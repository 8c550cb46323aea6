"""A round's findings and vulnerabilities in the formats of others."""

from collections.abc import Callable

from breakfix.report.findings.as_avid import as_avid
from breakfix.report.findings.as_csv import as_csv
from breakfix.report.findings.as_jsonl import as_jsonl
from breakfix.report.findings.as_sarif import as_sarif
from breakfix.report.findings.gather import FoundRound, gather, summary

__all__ = ["FORMATS", "FoundRound", "gather", "summary"]

FORMATS: dict[str, Callable[[FoundRound], str]] = {
    "jsonl": as_jsonl,
    "csv": as_csv,
    "sarif": as_sarif,
    "avid": as_avid,
}
"""Format to what writes a round in it, as text."""
