"""Vulnerabilities as AVID reports, one JSON object a line as garak writes them; fields of avidtools 0.1.2."""

import json
from typing import Any

from breakfix.records import Rate, Vulnerability
from breakfix.report.findings.gather import FoundRound, rate_in_words, tags, title
from breakfix.report.findings.tags import editions
from breakfix.safe_text import shorten

_DOMAINS = {"S": "Security", "E": "Ethics", "P": "Performance"}


def as_avid(found: FoundRound) -> str:
    """One report a vulnerability, worst risk first; a report holds no text of a model."""
    return "".join(json.dumps(_report(found, each)) + "\n" for each in found.vulnerabilities)


def _report(found: FoundRound, each: Vulnerability) -> dict[str, Any]:
    said = (
        f"{title(each)}. Measured by breakfix on {shorten(found.target, 100)}, round {found.number}: "
        f"{rate_in_words(each.rate)}; on held-out goals {rate_in_words(each.held_out)}. Status: {each.status}."
    )
    description = {"lang": "eng", "value": said}
    view = [tag for tag in tags(each) if tag.list == "avid"]
    return {
        "data_type": "AVID",
        "affects": {"developer": [], "deployer": [], "artifacts": [{"type": "Model", "name": found.target}]},
        "problemtype": {"classof": "LLM Evaluation", "type": "Measurement", "description": description},
        "metrics": [
            _metric("rate on training goals", each.rate, found, each),
            *([_metric("rate on held-out goals", each.held_out, found, each)] if each.held_out else []),
        ],
        "references": [
            {"type": "source", "label": f"{edition.name} {edition.version}: {', '.join(named)}", "url": edition.url}
            for name, edition in editions().items()
            if (named := [tag.text for tag in tags(each) if tag.list == name])
        ],
        "description": description,
        "impact": {
            "avid": {
                "vuln_id": None,
                "risk_domain": sorted({_DOMAINS[tag.id[0]] for tag in view}),
                "sep_view": [tag.title for tag in view],
                "lifecycle_view": ["L05: Evaluation"],
                "taxonomy_version": editions()["avid"].version,
            }
        },
        "credit": [{"lang": "eng", "value": "breakfix"}],
        "reported_date": found.attacked[:10] or None,
    }


def _metric(name: str, rate: Rate, found: FoundRound, each: Vulnerability) -> dict[str, Any]:
    measured = f"judge {found.judge}, severity {found.harmful_from} or more"
    return {
        "name": name,
        "detection_method": {
            "type": "Static Threshold",
            "name": measured if each.kind == "harmful_reply" else f"judge {found.judge}, refused",
        },
        "results": {
            **rate.model_dump(mode="json"),
            "mean_severity": each.severity,
            "judge_errors": dict(found.judge_errors),
        },
    }
