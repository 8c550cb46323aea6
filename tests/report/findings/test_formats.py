"""Findings in the formats of others: complete, well formed, and harmless to whoever opens them."""

import csv
import io
import json
import re
from typing import Any

import pytest

from breakfix.errors import ConfigError
from breakfix.report.findings import FORMATS, FoundRound, gather, summary
from breakfix.report.findings.as_csv import COLUMNS
from breakfix.store.run_folder import create_run

INVISIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")


def parsed(found: FoundRound, form: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in FORMATS[form](found).splitlines()]


@pytest.mark.parametrize("form", FORMATS)
def test_no_export_names_a_folder_of_this_machine_or_holds_an_invisible_character(found: FoundRound, form: str) -> None:
    text = FORMATS[form](found)
    assert "/home/somebody" not in text
    assert str(found.folder) not in text
    assert "acme-7b" in text
    assert not INVISIBLE.search(text.removeprefix("\ufeff"))


def test_json_lines_hold_every_finding_whole_with_its_rate_judge_and_tags(found: FoundRound) -> None:
    rows = parsed(found, "jsonl")
    assert len(rows) == summary(found)["findings"] > 20
    row = rows[0]
    assert "\u202e" in row["attempt"]["conversation"][-1]["text"]
    assert {"value", "low", "high", "of"} <= set(row["vulnerability"]["rate"])
    assert (row["verdict"]["judge"], row["vulnerability"]["tags"]["atlas"] != []) == ("local", True)
    assert "was not measured" in row["judge_errors"]["harmful"]
    assert {each["kind"] for each in rows} == {"harmful_reply", "over_refusal"}


def test_no_cell_of_the_csv_is_a_formula(found: FoundRound) -> None:
    rows = list(csv.reader(io.StringIO(FORMATS["csv"](found).removeprefix("\ufeff"), newline="")))
    assert rows[0] == list(COLUMNS)
    assert len(rows) == 1 + summary(found)["findings"]
    assert not [cell for row in rows for cell in row if cell[:1] in "=+-@\t\r" and cell]
    assert not [cell for row in rows for cell in row if re.search(r"[,;|\n]\s*[=+@]", cell)]


def test_a_round_without_findings_still_has_a_header_and_valid_files(nothing_found: FoundRound) -> None:
    assert FORMATS["csv"](nothing_found).count("\r\n") == 1
    assert (FORMATS["jsonl"](nothing_found), FORMATS["avid"](nothing_found)) == ("", "")
    check_sarif(json.loads(FORMATS["sarif"](nothing_found)))


def check_sarif(log: dict[str, Any]) -> None:
    """The parts of the SARIF 2.1.0 schema that this export uses: what is required, and which values are allowed."""
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-schema-2.1.0.json")
    for run in log["runs"]:
        driver = run["tool"]["driver"]
        assert isinstance(driver["name"], str)
        ids = [rule["id"] for rule in driver["rules"]]
        assert len(set(ids)) == len(ids)
        taxa = {each["name"]: {taxon["id"] for taxon in each["taxa"]} for each in run["taxonomies"]}
        assert [each["name"] for each in driver["supportedTaxonomies"]] == list(taxa)
        for rule in driver["rules"]:
            assert rule["shortDescription"]["text"]
            assert rule["defaultConfiguration"]["level"] in {"none", "note", "warning", "error"}
            for each in rule["relationships"]:
                assert each["target"]["id"] in taxa[each["target"]["toolComponent"]["name"]]
            assert 0 <= float(rule["properties"]["security-severity"]) <= 10
        for result in run["results"]:
            assert ids[result["ruleIndex"]] == result["ruleId"]
            assert result["level"] in {"none", "note", "warning", "error"}
            assert 0 <= result.get("rank", 0) <= 100
            assert result["message"]["text"]
            place = result["locations"][0]["physicalLocation"]
            assert not place["artifactLocation"]["uri"].startswith(("/", "file:", "."))
            assert place["artifactLocation"]["uriBaseId"] in run["originalUriBaseIds"]
            assert place["region"]["startLine"] >= 1
            assert all(isinstance(each, str) for each in result["partialFingerprints"].values())


def test_sarif_has_a_rule_a_vulnerability_and_a_result_a_finding(found: FoundRound) -> None:
    log = json.loads(FORMATS["sarif"](found))
    check_sarif(log)
    run = log["runs"][0]
    assert len(run["tool"]["driver"]["rules"]) == len(found.vulnerabilities)
    assert len(run["results"]) == summary(found)["findings"]
    lines = (found.folder / "findings.jsonl").read_text().splitlines()
    for result in run["results"]:
        line = result["locations"][0]["physicalLocation"]["region"]["startLine"]
        assert json.loads(lines[line - 1])["id"] == result["properties"]["finding"]


def test_a_sarif_message_is_short_and_holds_no_link_and_no_placeholder(found: FoundRound) -> None:
    for result in json.loads(FORMATS["sarif"](found))["runs"][0]["results"]:
        text = result["message"]["text"]
        assert len(text) < 3000
        assert not re.search(r"(?<!\\)\[", text)
        assert not re.search(r"(?<!\{)\{(?!\{)\d", text)
        assert "⟦U+202E⟧" in text


def test_an_avid_report_has_the_fields_of_avidtools_and_no_text_of_a_model(found: FoundRound) -> None:
    reports = parsed(found, "avid")
    assert len(reports) == len(found.vulnerabilities)
    for each in reports:
        assert set(each) == {
            *("data_type", "affects", "problemtype", "metrics", "references", "description", "impact", "credit"),
            "reported_date",
        }
        assert each["affects"]["artifacts"] == [{"type": "Model", "name": "acme-7b"}]
        assert (each["problemtype"]["classof"], each["problemtype"]["type"]) == ("LLM Evaluation", "Measurement")
        assert each["metrics"][0]["detection_method"]["type"] in {"Significance Test", "Static Threshold"}
        assert each["impact"]["avid"]["sep_view"]
        assert set(each["impact"]["avid"]["risk_domain"]) <= {"Security", "Ethics", "Performance"}
        assert each["reported_date"] == "2026-11-21"
        assert "HYPERLINK" not in json.dumps(each)


def test_a_rate_never_stands_alone(found: FoundRound) -> None:
    said = [each["description"]["value"] for each in parsed(found, "avid")]
    assert all(re.search(r"\d% of \d+ judged attempts \(95% interval|not measured", text) for text in said)


def test_a_round_that_is_not_identified_is_an_error_with_the_ones_that_are(found: FoundRound) -> None:
    run = create_run(found.folder.parents[2], {})
    with pytest.raises(ConfigError, match="round 3 is not identified") as caught:
        gather(run, 3)
    assert "0" in str(caught.value.hint)


def test_the_target_of_a_run_may_be_unknown(tmp_path: Any) -> None:
    run = create_run(tmp_path / "bare", {})
    with pytest.raises(ConfigError, match="no round is identified yet"):
        gather(run, None)
