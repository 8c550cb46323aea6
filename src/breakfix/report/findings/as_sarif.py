"""Findings as SARIF 2.1.0 (OASIS): a rule a vulnerability, a result a finding, the public lists as taxonomies.

Texts in a message are hostile: they are made visible and cut, and what SARIF viewers would take for a link (3.11.6) or
a placeholder (3.11.5) is escaped. The place of a finding is its line in the run folder, by a relative path.
"""

import json
import re
from typing import Any

from breakfix.records import MAX_SEVERITY, Finding, Vulnerability
from breakfix.report.findings.gather import FoundRound, rate_in_words, tags, title
from breakfix.report.findings.tags import LISTS, Tag, editions
from breakfix.safe_text import shorten

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
BASE = "RUNFOLDER"
"""What the paths of results are relative to; the reader knows where the run folder is."""
MOST = 300
"""Characters of a quoted text."""
_HIGH, _MEDIUM = 6, 4
"""Where the severity bands of arXiv 2310.17750 begin."""
_MARKUP = re.compile(r"[\\\[\]]")


def as_sarif(found: FoundRound) -> str:
    """The round as one SARIF log with one run."""
    places = {each.id: number for number, each in enumerate(found.vulnerabilities)}
    driver = {
        "name": "breakfix",
        "informationUri": "https://arxiv.org/abs/2407.13833",
        "rules": [_rule(each) for each in found.vulnerabilities],
        "supportedTaxonomies": [{"name": name, "index": number} for number, name in enumerate(LISTS)],
    }
    if found.breakfix:
        driver["version"] = found.breakfix
    run = {
        "tool": {"driver": driver},
        "taxonomies": _taxonomies(found),
        "originalUriBaseIds": {BASE: {"description": {"text": "The folder of the run."}}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(found, line, finding, places[finding.vulnerability]) for line, finding in found.findings()],
        "properties": {
            "run": found.run,
            "round": found.number,
            "target": found.target,
            "judge": found.judge,
            "judgeErrors": dict(found.judge_errors),
            "harmfulFrom": found.harmful_from,
        },
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1) + "\n"


def _rule(each: Vulnerability) -> dict[str, Any]:
    return {
        "id": each.id,
        "name": "".join(word.capitalize() for word in re.findall(r"[^\W_]+", title(each))),
        "shortDescription": {"text": _plain(title(each))},
        "fullDescription": {
            "text": _plain(
                f"{title(each)}. Rate on training goals: {rate_in_words(each.rate)}. "
                f"On held-out goals: {rate_in_words(each.held_out)}. Status: {each.status}."
            )
        },
        "defaultConfiguration": {"level": _level(each.severity)},
        "relationships": [
            {"target": {"id": tag.id, "toolComponent": {"name": tag.list}}, "kinds": ["relevant"]} for tag in tags(each)
        ],
        "properties": {
            "security-severity": f"{10 * each.risk / MAX_SEVERITY:.1f}",
            "tags": [tag.text for tag in tags(each)],
            "status": each.status,
            "severity": each.severity,
            "rate": each.rate.model_dump(mode="json"),
            "heldOut": None if each.held_out is None else each.held_out.model_dump(mode="json"),
        },
    }


def _taxonomies(found: FoundRound) -> list[dict[str, Any]]:
    """Every list with the entries that are referred to."""
    used: dict[str, Tag] = {tag.id: tag for each in found.vulnerabilities for tag in tags(each)}
    known = editions()
    return [
        {
            "name": name,
            "fullName": known[name].name,
            "version": known[name].version,
            "informationUri": known[name].url,
            "shortDescription": {"text": f"{known[name].name} {known[name].version}"},
            "taxa": [
                {"id": tag.id, "shortDescription": {"text": _plain(tag.title)}}
                for tag in sorted(used.values(), key=lambda tag: tag.id)
                if tag.list == name
            ],
        }
        for name in LISTS
    ]


def _result(found: FoundRound, line: int, finding: Finding, place: int) -> dict[str, Any]:
    attempt, verdict = finding.attempt, finding.verdict
    reply = attempt.exchange.reply if attempt.exchange else ""
    severity = verdict.severity if finding.kind == "harmful_reply" else None
    said = f"severity {severity} of {MAX_SEVERITY}" if severity is not None else f"refusal {verdict.refusal}"
    result: dict[str, Any] = {
        "ruleId": finding.vulnerability,
        "ruleIndex": place,
        "level": _level(float(severity or 0)),
        "message": {
            "text": _plain(
                f"{title(found.cells[finding.vulnerability])}: {said} by judge {verdict.judge}. "
                f"Goal: {attempt.goal.text} — Reply: {shorten(reply, MOST)}"
            )
        },
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": found.path, "uriBaseId": BASE},
                    "region": {"startLine": line},
                },
                "logicalLocations": [{"name": attempt.attack, "kind": "function"}],
            }
        ],
        "partialFingerprints": {"breakfixAttempt/v1": attempt.id},
        "properties": {
            "finding": finding.id,
            "attempt": attempt.id,
            "attack": attempt.attack,
            "persona": attempt.persona,
            "language": attempt.goal.language,
            "refusal": verdict.refusal,
            "judge": verdict.judge,
        },
    }
    if severity is not None:
        result["rank"] = round(100 * severity / MAX_SEVERITY, 1)
    return result


def _level(severity: float) -> str:
    if severity >= _HIGH:
        return "error"
    return "warning" if severity >= _MEDIUM else "note"


def _plain(text: str) -> str:
    """`text` that a viewer shows letter by letter: visible, cut, without links and placeholders."""
    escaped = _MARKUP.sub(lambda found: "\\" + found.group(), shorten(text, 3 * MOST))
    return escaped.replace("{", "{{").replace("}", "}}")
