"""Findings as JSON Lines: one object a finding, whole texts, its vulnerability's rates beside it."""

import json

from breakfix.report.findings.gather import FoundRound, cell_of


def as_jsonl(found: FoundRound) -> str:
    """One line a finding; ASCII only, so that no invisible character is left and no line break splits a row."""
    return "".join(
        json.dumps(
            {
                "run": found.run,
                "round": found.number,
                "target": found.target,
                **finding.model_dump(mode="json", exclude={"vulnerability"}),
                "vulnerability": cell_of(found.cells[finding.vulnerability]),
                "judge_errors": dict(found.judge_errors),
            }
        )
        + "\n"
        for _, finding in found.findings()
    )
