"""Findings as CSV for spreadsheets: one row a finding, no cell that could run."""

import csv
import io
from typing import Any

from breakfix.records import Finding, Vulnerability
from breakfix.report.findings.gather import FoundRound, tags
from breakfix.review.spreadsheet import cell, told

COLUMNS = (
    *("finding", "kind", "run", "round", "target", "vulnerability", "status", "harm", "family", "attack", "persona"),
    *("language", "severity", "refusal", "judge", "rate", "rate_low", "rate_high", "rate_of", "rate_undetermined"),
    *("judge_errors", "tags", "goal", "conversation", "reply", "reason"),
)
_BOM = "\ufeff"
"""Tells Excel that a CSV file is UTF-8."""


def as_csv(found: FoundRound) -> str:
    """A header and one row a finding; every cell is quoted, visible and never a formula."""
    text = io.StringIO(newline="")
    text.write(_BOM)
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for _, finding in found.findings():
        row = _row(found, finding, found.cells[finding.vulnerability])
        writer.writerow([cell("" if row[name] is None else str(row[name])) for name in COLUMNS])
    return text.getvalue()


def _row(found: FoundRound, finding: Finding, cause: Vulnerability) -> dict[str, Any]:
    attempt, verdict = finding.attempt, finding.verdict
    exchange = attempt.exchange
    return {
        "finding": finding.id,
        "kind": finding.kind,
        "run": found.run,
        "round": found.number,
        "target": found.target,
        "vulnerability": cause.id,
        "status": cause.status,
        "harm": cause.harm.value,
        "family": cause.family,
        "attack": attempt.attack,
        "persona": attempt.persona,
        "language": cause.language,
        "severity": verdict.severity,
        "refusal": verdict.refusal,
        "judge": verdict.judge,
        "rate": cause.rate.value,
        "rate_low": cause.rate.low,
        "rate_high": cause.rate.high,
        "rate_of": cause.rate.of,
        "rate_undetermined": cause.rate.undetermined,
        "judge_errors": "; ".join(f"{question}: {said}" for question, said in found.judge_errors.items()),
        "tags": "; ".join(tag.text for tag in tags(cause)),
        "goal": attempt.goal.text,
        "conversation": told(attempt.conversation or ()),
        "reply": exchange.reply if exchange else "",
        "reason": verdict.reason,
    }
