"""A round's figures in the formats of others: nothing left out, nothing without its interval, nothing that runs."""

import csv
import io
import json
import shutil
import subprocess

import pytest
import yaml

from breakfix.errors import ConfigError
from breakfix.records import ItemScore, Metric, Rate, SuiteScore
from breakfix.report.results import FORMATS, gather_results
from breakfix.report.results.as_latex import latex
from breakfix.report.results.as_model_card import front_matter
from breakfix.report.results.gather import RAI
from breakfix.store.rows import read_rows, write_rows
from breakfix.store.run_folder import RunFolder

HOSTILE = r"\input{x} $a$ 50% & _{}#~^ <script>alert(1)</script> [a](javascript:x) | `b` =1+1"
UNKNOWN = Rate(value=None, count=0.0, of=3, low=None, high=None, method="not measurable", undetermined=7)


def score(suite: str, metric: str = "defect_rate", rate: Rate | None = None) -> SuiteScore:
    known = Rate(value=0.25, count=5.0, of=20, low=0.11, high=0.47, method="wilson")
    return SuiteScore(
        suite=suite,
        metric=Metric(name=metric, title=f"{metric} of {suite}", better="low"),
        split="test",
        overall=rate or known,
        by_harm={},
        judge="rule",
        by_slice={"type": {"homonyms": known}},
    )


@pytest.fixture
def whole(tiny: RunFolder) -> RunFolder:
    """A run whose round 1 also has the five RAI rows, in no order, one of them not measurable, and a hostile name."""
    path = tiny.stage(1, "benchmark") / "scores.jsonl"
    rows = list(read_rows(path, SuiteScore))
    extra = [score(name, rate=UNKNOWN if name == RAI[1] else None) for name in reversed(RAI)]
    write_rows(path, [*rows, *extra, score(HOSTILE)])
    return tiny


def test_every_figure_comes_with_denominator_interval_judge_and_its_error(whole: RunFolder) -> None:
    for row in json.loads(FORMATS["json"](gather_results(whole, 1)))["results"]:
        assert {"value", "low", "high", "of", "undetermined", "method", "confidence", "judge"} <= set(row)
        assert row["value"] is not None or row["not_measurable"]
        assert row["judge"] is None or row["judge_error"]


def test_the_five_rows_come_first_in_the_order_of_the_table(whole: RunFolder) -> None:
    results = gather_results(whole, None)
    assert [row.score.suite for row in results.rai] == list(RAI)
    assert [row.score.suite for row in results.rows][:5] == list(RAI)
    text = FORMATS["markdown"](results)
    assert text.index("Responsible AI") < text.index("Other suites")


def test_what_is_not_measurable_says_so_and_is_no_zero(whole: RunFolder) -> None:
    results = gather_results(whole, 1)
    (row,) = [each for each in results.rows if each.score.suite == RAI[1]]
    assert row.why_not.startswith("not measurable: 7 of 10 items are undetermined")
    for name in ("markdown", "latex", "model-card"):
        assert "7 of 10 items are undetermined" in FORMATS[name](results)
    assert not any(
        metric["value"] is None
        for result in yaml.safe_load(front_matter(results).strip("-\n"))["model-index"][0]["results"]
        for metric in result["metrics"]
    )
    (line,) = [each for each in lines(whole) if each["suite"] == RAI[1] and not each["by"]]
    assert (line["value"], line["low"]) == ("", "")
    assert line["not_measurable"]


def test_a_signed_figure_is_better_nearer_to_0_in_every_table(tiny: RunFolder) -> None:
    path = tiny.stage(1, "benchmark") / "scores.jsonl"
    bias = score("bbq")
    signed = bias.model_copy(update={"metric": bias.metric.model_copy(update={"better": "zero"})})
    write_rows(path, [signed])
    results = gather_results(tiny, 1)
    assert "nearer to 0" in FORMATS["markdown"](results)
    assert "$0$ &" in FORMATS["latex"](results)
    assert json.loads(FORMATS["json"](results))["results"][0]["better"] == "zero"


def test_the_reason_of_a_missing_figure_names_what_failed_most(whole: RunFolder) -> None:
    path = whole.stage(1, "benchmark") / "items.jsonl"
    items = list(read_rows(path, ItemScore))
    lost = items[0].model_copy(
        update={"suite": RAI[1], "values": {"defect_rate": None}, "failure": "no answer in time"}
    )
    write_rows(path, [*items, lost, lost.model_copy(update={"item": "other"})])
    (row,) = [each for each in gather_results(whole, 1).rows if each.score.suite == RAI[1]]
    assert "2 × no answer in time" in row.why_not


def lines(run: RunFolder) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(FORMATS["csv"](gather_results(run, 1)))))


def test_csv_has_a_line_per_harm_and_slice_and_no_formula(whole: RunFolder) -> None:
    found = lines(whole)
    assert {"", "harm", "type"} <= {line["by"] for line in found}
    assert {line["part"] for line in found if line["by"] == "type"} == {"homonyms"}
    numbers = ("value", "low", "high", "n", "count")
    assert not any(
        cell.lstrip().startswith(("=", "+", "@"))
        for line in found
        for name, cell in line.items()
        if name not in numbers
    )


def test_latex_holds_no_command_that_a_name_brought(whole: RunFolder) -> None:
    text = FORMATS["latex"](gather_results(whole, 1))
    assert r"\input{" not in text
    assert r"\textbackslash{}input\{x\} \$a\$ 50\% \& \_\{\}\#" in text
    assert text.count(r"\begin{tabular}") == text.count(r"\end{tabular}") == 2
    assert all(line.count("&") - line.count(r"\&") == 8 for line in text.splitlines() if line.endswith(r"\\"))


def test_latex_spells_nothing_that_is_invisible() -> None:
    assert latex("a\u202eb\x07") == "a?U+202E?b?U+0007?"


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="LaTeX is not installed")
def test_latex_can_be_set(whole: RunFolder, tmp_path) -> None:
    body = FORMATS["latex"](gather_results(whole, 1))
    page = "\\documentclass{article}\\usepackage{booktabs}\\begin{document}\n" + body + "\\end{document}\n"
    (tmp_path / "a.tex").write_text(page, encoding="utf-8")
    subprocess.run(["pdflatex", "-halt-on-error", "a.tex"], cwd=tmp_path, check=True, capture_output=True)


@pytest.mark.parametrize("name", ["markdown", "model-card"])
def test_markdown_holds_no_markup_that_a_name_brought(whole: RunFolder, name: str) -> None:
    text = FORMATS[name](gather_results(whole, 1)).rpartition("---\n\n## Safety")[2]
    assert "<script>" not in text
    assert "[a](javascript" not in text
    tables = [line for line in text.splitlines() if line.startswith("| ") and "---" not in line]
    assert {line.count("|") - line.count("\\|") for line in tables} == {10}


def test_no_format_holds_a_text_of_the_model(whole: RunFolder, hostile: tuple[str, ...]) -> None:
    for write in FORMATS.values():
        text = write(gather_results(whole, 1))
        assert not any(reply in text for reply in hostile)


def test_no_format_holds_a_path_of_this_machine(whole: RunFolder) -> None:
    for write in FORMATS.values():
        assert str(whole.root) not in write(gather_results(whole, 1))


def test_the_same_run_gives_the_same_bytes(whole: RunFolder) -> None:
    for write in FORMATS.values():
        assert write(gather_results(whole, 1)) == write(gather_results(whole, 1))


def test_a_model_card_is_one_to_the_hub(whole: RunFolder) -> None:
    hub = pytest.importorskip("huggingface_hub", reason="huggingface_hub is not installed")
    results = gather_results(whole, 1)
    card = hub.ModelCard(FORMATS["model-card"](results))
    found = {(each.dataset_name, each.metric_type): each for each in card.data.eval_results}
    measured = [row for row in results.rows if row.score.overall.value is not None]
    assert len(found) == len(measured)
    for row in measured:
        one = found[row.score.suite, row.score.metric.name]
        assert one.metric_value == row.score.overall.value
        assert one.metric_args["low"] == row.score.overall.low
        assert one.metric_args["n"] == row.score.overall.of


def test_a_round_that_is_not_measured_is_an_error_that_names_the_others(whole: RunFolder) -> None:
    with pytest.raises(ConfigError, match="round 7 is not measured") as caught:
        gather_results(whole, 7)
    assert "0, 1" in str(caught.value)


def test_a_split_without_figures_is_an_error_that_names_the_others(whole: RunFolder) -> None:
    with pytest.raises(ConfigError, match="'train'") as caught:
        gather_results(whole, 1, split="train")
    assert "test" in str(caught.value)


def test_figures_of_a_suite_with_its_own_judge_are_not_corrected_by_the_runs(whole: RunFolder) -> None:
    header = json.loads((whole.root / "cycle.json").read_text())
    (whole.root / "cycle.json").write_text(json.dumps({**header, "judge": {"judge": "another"}}))
    for row in gather_results(whole, 1).rows:
        assert row.corrected is None
        assert row.score.judge is None or "judge of its own" in row.judge_error
