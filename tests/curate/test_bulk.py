"""Cleaning many rows: order plays no part, nothing is lost, twins stay, and public sets give the known answers."""

import csv
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breakfix.canonical import canonical
from breakfix.curate.bulk import clean_rows, examine
from breakfix.curate.candidates import Candidate
from breakfix.curate.decontaminate import Measuring
from breakfix.records import Dropped, PreferencePair, Provenance, SftRow, user

SHARED = Path("../shared/data")
NOTHING = Measuring([], 0.8)
LONG = "How do I get past the lock of the old garden gate without the owner ever hearing or seeing me do it"


def row(text: str, number: int = 0, intent: str = "harmful", answer: str = "No.", **fields) -> SftRow:
    cause = Provenance(
        source="made",
        row=str(number),
        licence="CC0",
        operation="source",
        written_by="dataset",
        round=1,
        **fields,
    )
    return SftRow(
        id=f"made#{number}",
        prompt=(user(text),),
        answer=answer,
        harm="fraud",
        intent=intent,
        group=str(number),
        provenance=cause,
    )


def asked(text: str, number: int = 0, prompt: str | None = None) -> Candidate:
    return Candidate(
        key=str(number),
        kind="sft",
        expected="benign",
        group=(),
        order=number,
        wish=text,
        prompt=(("user", prompt or text),),
        answers=("So.",),
    )


def texts_of(results) -> tuple[set[str], dict[str, str]]:
    kept = {r.prompt[0].text for r in results if not isinstance(r, Dropped)}
    return kept, {r.id: r.reason for r in results if isinstance(r, Dropped)}


RECIPES = st.lists(
    st.tuples(st.integers(0, 5), st.booleans(), st.sampled_from(["harmful", "benign"]), st.booleans()), max_size=14
)


def made(recipe) -> list[SftRow]:
    """Rows about a few things: as they are, in capitals, with a word more, and with either intent."""
    rows = []
    for number, (thing, more, intent, loud) in enumerate(recipe):
        text = f"{LONG} number {thing}" + " please" * more
        rows.append(row(text.upper() if loud else text, number, intent, repairs=(f"v{number}",)))
    return rows


@settings(max_examples=40, deadline=None)
@given(RECIPES, st.randoms(use_true_random=False))
def test_order_changes_nothing_and_cleaning_twice_is_cleaning_once(recipe, rng: random.Random) -> None:
    rows = made(recipe)
    results = list(clean_rows(lambda: rows, NOTHING, 0.8).results())
    shuffled = rng.sample(rows, len(rows))
    again = list(clean_rows(lambda: shuffled, NOTHING, 0.8).results())
    assert sorted(map(repr, again)) == sorted(map(repr, results))
    kept = [result for result in results if isinstance(result, SftRow)]
    assert list(clean_rows(lambda: kept, NOTHING, 0.8).results()) == kept


@settings(max_examples=40, deadline=None)
@given(RECIPES)
def test_every_row_is_kept_or_dropped_once_and_no_cause_is_lost(recipe) -> None:
    rows = made(recipe)
    results = list(clean_rows(lambda: rows, NOTHING, 0.8).results())
    assert [result.id for result in results] == [r.id for r in rows]
    lost = {v for r in results if isinstance(r, Dropped) and r.reason == "contradiction" for v in r.provenance.repairs}
    kept = {v for r in results if isinstance(r, SftRow) for v in r.provenance.repairs}
    assert kept | lost == {v for r in rows for v in r.provenance.repairs}
    named = {r.id for r in results if isinstance(r, SftRow)}
    for gone in results:
        if isinstance(gone, Dropped) and gone.reason != "contradiction":
            assert gone.detail.removeprefix("of ") in named


def test_twins_of_different_intent_stay_and_are_counted() -> None:
    rows = [row(LONG, 0), row(LONG + " please", 1, "benign"), row(LONG + " now", 2)]
    cleaning = clean_rows(lambda: rows, NOTHING, 0.8)
    kept, gone = texts_of(list(cleaning.results()))
    assert LONG + " please" in kept
    assert list(gone.values()) == ["near_duplicate"]
    assert cleaning.examined.twins == 1


def test_languages_and_kinds_are_kept_apart() -> None:
    candidates = [asked(LONG, 0), asked(LONG + " now", 1)]
    other = Candidate(**{name: getattr(candidates[1], name) for name in Candidate.__slots__} | {"group": ("nl",)})
    assert examine(candidates, NOTHING, 0.8).reasons() == {"near_duplicate": 1}
    assert examine([candidates[0], other], NOTHING, 0.8).reasons() == {}


def test_a_pair_is_read_with_both_its_answers(make_goal) -> None:
    goal = make_goal(LONG, split="test")
    own = row("What then?")
    fields = own.model_dump(exclude={"answer"})
    pair = PreferencePair.model_validate({**fields, "chosen": "No.", "rejected": f"You asked: {LONG}"})
    same = PreferencePair.model_validate({**fields, "chosen": "No.", "rejected": "No."})
    results = list(clean_rows(lambda: [pair, same], Measuring([goal], 0.8), 0.8).results())
    assert [(r.reason, r.kind) for r in results if isinstance(r, Dropped)] == [
        ("contaminated", "pair"),
        ("malformed", "pair"),
    ]


def test_hundreds_of_rows_that_share_their_words_are_told_apart_in_full() -> None:
    wish = "open the old garden gate at night"
    frames = [
        f"as a {n} story of my {n + 1} aunts and {n + 2} uncles in {n + 3} parts tell me to {wish}" for n in range(300)
    ]
    candidates = [asked(wish, number, frame) for number, frame in enumerate(frames)]
    again = [asked(wish, 300 + number, frame + " now") for number, frame in enumerate(frames)]
    examined = examine([*candidates, *again], NOTHING, 0.8)
    assert examined.reasons() == {"near_duplicate": 300}
    assert list(examined.kept()) == list(range(300))


def test_rows_with_minors_and_sex_are_dropped_among_many() -> None:
    rows = [asked(f"Tell me about the {n} boats", n) for n in range(20)]
    rows[7] = asked("t33nagers and s3x", 7)
    rows[9] = asked("teenagers and s e x u a l i t y", 9)
    rows[11] = asked("Essex is a sexy place for adults", 11)
    assert {number for number, fate in examine(rows, NOTHING, 0.8).fates.items() if fate.reason == "minors"} == {7, 9}


def test_exact_copies_in_toxigen_are_those_known() -> None:
    files = sorted((SHARED / "toxigen" / "prompts").glob("*.txt"))
    if not files:
        pytest.skip("../shared/data/toxigen is not here")
    texts = [line for path in files for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    examined = examine([asked(text, number) for number, text in enumerate(texts)], NOTHING, 1.0)
    gone = {number for number, fate in examined.fates.items() if fate.reason != "near_duplicate"}
    distinct = {canonical(text) for text in texts}
    minors = {canonical(texts[number]) for number, fate in examined.fates.items() if fate.reason == "minors"}
    assert len(texts) - len(gone) == len(distinct - minors)
    assert len(distinct) / len(texts) == pytest.approx(28_472 / 31_000, abs=0.03)


def test_what_advbench_and_the_scorer_sets_share_is_found(make_goal) -> None:
    goals = next(iter((SHARED / "advbench").rglob("*.csv")), None)
    sets = sorted((SHARED / "pyrit_scorer_evals").rglob("refusal*.csv"))
    if goals is None or not sets:
        pytest.skip("../shared/data/advbench or pyrit_scorer_evals is not here")
    texts = {cell for path in (SHARED / "advbench").rglob("*.csv") for line in _rows(path) for cell in line[:2] if cell}
    measuring = Measuring([make_goal(text, split="test") for text in sorted(texts) if len(text.split()) > 2], 0.8)
    objectives = {cell for path in sets for line in _rows(path) for cell in line if 3 < len(cell.split()) < 40}
    rows = [asked(text, number) for number, text in enumerate(sorted(objectives))]
    found = [fate.detail for fate in examine(rows, measuring, 0.8).fates.values() if fate.reason == "contaminated"]
    assert 45 <= sum(detail.startswith("same text") for detail in found) <= 52


def _rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(line for line in file if not line.startswith("#")))
