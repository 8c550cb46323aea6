"""The life of a vulnerability."""

from collections.abc import Callable

from breakfix.records import GateReport, Vulnerability
from breakfix.report.lineage import FIRST_EXAMPLES, Life, lives
from breakfix.report.read import Notes, RunData, read_run
from breakfix.statistics.rates import nothing
from breakfix.store.files import write_atomic
from breakfix.store.rows import read_rows, write_rows
from breakfix.store.run_folder import RunFolder


def read(run: RunFolder, *, most: int = 100) -> tuple[RunData, tuple[Life, ...]]:
    notes = Notes(run.root)
    data = read_run(run, run.header(), notes)
    return data, lives(data, notes, most=most)


def vulnerabilities(run: RunFolder, number: int) -> list[Vulnerability]:
    return list(read_rows(run.stage(number, "identify") / "vulnerabilities.jsonl", Vulnerability))


def rewrite(run: RunFolder, number: int, rows: list[Vulnerability]) -> None:
    write_rows(run.stage(number, "identify") / "vulnerabilities.jsonl", rows)


def test_every_vulnerability_of_any_round_has_one_life(night: RunFolder) -> None:
    _, found = read(night)
    ids = {item.id for number in night.rounds() for item in vulnerabilities(night, number)}
    assert {life.id for life in found} == ids
    assert len({life.anchor for life in found}) == len(found)


def test_what_is_open_comes_before_what_is_fixed_each_by_falling_risk(night: RunFolder) -> None:
    _, found = read(night)
    standings = [life.standing for life in found]
    assert standings == sorted(standings, key=("regressed", "open", "fixed", "later").index)
    risks = [life.risk for life in found if life.standing == "open"]
    assert risks == sorted(risks, reverse=True)


def test_a_life_leads_from_findings_to_rows_to_a_checkpoint_to_the_next_rate(night: RunFolder) -> None:
    _, found = read(night)
    life = next(life for life in found if life.stops[0].examples and life.stops[1].trained)
    before, after = life.stops[:2]
    assert before.trained is None
    assert before.train is not None
    assert all(item.vulnerability == life.id for item in before.examples)
    assert after.trained is not None
    assert after.base == 0
    assert after.checkpoint == "rounds/01/2-post_train/checkpoint"
    assert after.train is not None
    assert all(life.id in row.provenance.repairs for row in after.trained.examples)
    assert life.at(1) == after


def test_examples_are_few_and_worst_first(night: RunFolder) -> None:
    _, found = read(night)
    for life in found:
        first = next(stop for stop in life.stops if stop.seen)
        severities = [item.verdict.severity or 0 for item in first.examples]
        assert len(severities) <= FIRST_EXAMPLES
        assert severities == sorted(severities, reverse=True)


def test_only_the_first_ones_carry_examples(night: RunFolder) -> None:
    _, found = read(night, most=2)
    assert any(stop.examples for stop in found[0].stops)
    assert not any(stop.examples for life in found[2:] for stop in life.stops)


def test_a_cell_that_the_reference_round_does_not_list_is_fixed_and_keeps_its_rate(tiny: RunFolder) -> None:
    gone = vulnerabilities(tiny, 0)[0]
    rewrite(tiny, 1, [item for item in vulnerabilities(tiny, 1) if item.id != gone.id])
    _, found = read(tiny)
    life = next(life for life in found if life.id == gone.id)
    assert life.standing == "fixed"
    assert life.risk == gone.risk
    assert life.at(1).seen is None
    assert life.at(1).train is not None  # counted from the round's attempts


def test_a_cell_that_could_not_be_judged_keeps_its_last_risk(tiny: RunFolder) -> None:
    before = next(item for item in vulnerabilities(tiny, 0) if item.risk)
    unjudged = before.model_copy(update={"rate": nothing(3), "severity": 0.0, "examples": (), "status": "open"})
    rewrite(tiny, 1, [unjudged, *(item for item in vulnerabilities(tiny, 1) if item.id != before.id)])
    _, found = read(tiny)
    life = next(life for life in found if life.id == before.id)
    assert (life.standing, life.risk, life.severity) == ("open", before.risk, before.severity)


def test_what_is_first_seen_after_the_kept_round_is_set_apart(build_run: Callable[..., RunFolder]) -> None:
    run = build_run(attempts=42, look_alikes=6, items=20, rounds=2)
    gate = GateReport.model_validate_json((run.root / "gate.json").read_bytes())
    write_atomic(run.root / "gate.json", gate.model_copy(update={"best": 1}).model_dump_json())
    late = vulnerabilities(run, 2)[0]
    for number in (0, 1):
        rewrite(run, number, [item for item in vulnerabilities(run, number) if item.id != late.id])
    _, found = read(run)
    assert found[-1].id == late.id
    assert found[-1].standing == "later"


def test_findings_that_cannot_be_read_are_noted(tiny: RunFolder) -> None:
    (tiny.stage(0, "identify") / "findings.jsonl").write_text("{broken\n", encoding="utf-8")
    notes = Notes(tiny.root)
    found = lives(read_run(tiny, tiny.header(), notes), notes, most=100)
    assert len(notes.problems) == 1
    assert not any(life.stops[0].examples for life in found)


def test_a_run_without_rounds_has_no_vulnerabilities(tiny: RunFolder) -> None:
    (tiny.root / "rounds").rename(tiny.root / "elsewhere")
    assert read(tiny)[1] == ()
