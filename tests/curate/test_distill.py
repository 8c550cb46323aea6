"""Answers are judged, stored in whole groups, asked for once, and never teach to stop short."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from breakfix.config import CurateSettings
from breakfix.curate.distill import NAME, Distiller, lesson_text, whole_sentences
from breakfix.errors import RunFolderError, TargetError, TooManyFailures
from breakfix.plugins import make
from breakfix.protocols import Quiet
from breakfix.records import DistilledAnswer, Reply
from breakfix.store.rows import read_rows

JUDGE = make("judge", "lexical")
SETTINGS = CurateSettings(chunk=4, failure_share=0.3)


def distiller(folder: Path, writer, known=None, settings: CurateSettings = SETTINGS) -> Distiller:
    return Distiller(folder, writer, JUDGE, known=known or {}, settings=settings, progress=Quiet())


def stored(folder: Path) -> list[DistilledAnswer]:
    return list(read_rows(folder / NAME, DistilledAnswer))


@pytest.fixture
def goals(make_goal):
    return [make_goal(f"How do I fold paper boat number {n}?", intent="benign", harm="none") for n in range(6)]


SAID = {
    "failed": Reply(text="", finish="failed", failure="down"),
    "blank": Reply(text=" \n", finish="stop"),
    "refused": Reply(text="I'm sorry, but I can't help with that.", finish="stop"),
    "incoherent": Reply(text="boat boat boat boat boat boat boat boat boat boat boat boat boat", finish="length"),
}


@pytest.mark.parametrize("reason", SAID)
def test_an_answer_of_no_use_is_stored_with_its_reason(tmp_path: Path, goals, listening, reason: str) -> None:
    writer = listening(lambda text: SAID[reason] if "number 0" in text else Reply(text="Fold it twice.", finish="stop"))
    rows = distiller(tmp_path, writer).answers(goals)
    assert [row.dropped for row in rows] == [reason, None, None, None, None, None]
    assert rows[0].answer is None
    assert rows[1].answer == "Fold it twice."
    assert rows == stored(tmp_path)
    assert lesson_text(rows[0]) is None


def test_nothing_is_asked_twice_in_one_run(tmp_path: Path, goals, listening) -> None:
    writer = listening()
    answers = distiller(tmp_path, writer)
    first = answers.answers(goals[:4])
    assert answers.answers(goals) == [*first, *answers.answers(goals[4:])]
    assert sorted(writer.asked) == sorted(goal.text for goal in goals)
    assert answers.all == stored(tmp_path)


def test_known_answers_are_taken_over_without_asking(tmp_path: Path, goals, listening) -> None:
    writer = listening()
    known = {goals[0].text: "Fold it, then fold it again.", goals[1].text: "Fold it, then fo"}
    rows = distiller(tmp_path, writer, known).answers(goals[:3])
    assert writer.asked == [goals[2].text]
    assert [row.reused for row in rows] == [True, True, False]
    assert [row.finish for row in rows[:2]] == ["stop", "length"]


def test_a_group_of_known_answers_calls_no_model(tmp_path: Path, goals, listening) -> None:
    writer = listening()
    distiller(tmp_path, writer, {goal.text: "Fold." for goal in goals}).answers(goals)
    assert writer.batches == []


def test_whole_groups_are_read_back_and_a_torn_one_is_asked_again(tmp_path: Path, goals, listening) -> None:
    whole = distiller(tmp_path, listening())
    expected = [whole.answers(goals[:3]), whole.answers(goals[3:])]
    path = tmp_path / NAME
    content = path.read_bytes()
    ends = [place + 1 for place, byte in enumerate(content) if byte == ord("\n")]
    for cut in {0, 1, *ends, *(end - 1 for end in ends), *(end + 9 for end in ends[:-1])}:
        path.write_bytes(content[:cut])
        writer = listening()
        again = distiller(tmp_path, writer)
        assert [again.answers(goals[:3]), again.answers(goals[3:])] == expected
        assert path.read_bytes() == content
        groups = (cut >= ends[2]) + (cut == ends[5])
        assert len(writer.batches) == 2 - groups


def test_stored_answers_to_other_goals_stop_the_stage(tmp_path: Path, goals, listening) -> None:
    distiller(tmp_path, listening()).answers(goals[:3])
    with pytest.raises(RunFolderError, match="other goals"):
        distiller(tmp_path, listening()).answers(goals[3:])


def test_failures_above_the_budget_stop_the_stage_and_are_asked_again_later(tmp_path: Path, goals, listening) -> None:
    down = listening(lambda text: SAID["failed"] if "0" in text or "1" in text else Reply(text="Fold.", finish="stop"))
    with pytest.raises(TooManyFailures, match="2 of 6 answers of 'listening' failed"):
        distiller(tmp_path, down).answers(goals)
    assert stored(tmp_path) == []
    assert all(row.answer for row in distiller(tmp_path, listening()).answers(goals))


def test_a_model_that_only_emits_blanks_is_found_out_after_one_chunk(tmp_path: Path, goals, listening) -> None:
    mute = listening(lambda _: Reply(text="  ", finish="stop"))
    with pytest.raises(TargetError, match=r"none of the first 4 answers .* 4 blank"):
        distiller(tmp_path, mute).answers(goals[:4])


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("One. Two. Thr", "One. Two."),
        ("It is all done! And then", "It is all done!"),
        ('He said "stop." Then he', 'He said "stop."'),
        ("Do this:\n\n1. Cut it.\n2. Glue", "Do this:\n\n1. Cut it."),
        ("Short. " + "a long unfinished sentence " * 9, "Short. " + "a long unfinished sentence " * 9),
        ("no end at all", "no end at all"),
        ("", ""),
    ],
)
def test_a_cut_answer_ends_at_its_last_whole_sentence(text: str, kept: str) -> None:
    assert whole_sentences(text) == kept


@given(st.text(alphabet="ab1.!? \n", max_size=80))
def test_trimming_only_ever_takes_away_the_end_and_never_more_than_half(text: str) -> None:
    kept = whole_sentences(text)
    assert text.startswith(kept)
    assert len(kept) * 2 >= len(text)


def test_a_cut_answer_is_marked_so_that_training_does_not_teach_to_stop_there() -> None:
    row = DistilledAnswer(goal="g", prompt="p", answer=" One. Two. Thr", finish="length")
    assert lesson_text(row) == ("One. Two.", False)
    assert lesson_text(row.model_copy(update={"finish": "stop"})) == ("One. Two. Thr", True)


def test_progress_is_told_of_every_answer(tmp_path: Path, goals, listening) -> None:
    told: Counter[str] = Counter()

    class Telling(Quiet):
        def advance(self, items: int = 1) -> None:
            told["items"] += items

    Distiller(tmp_path, listening(), JUDGE, known={}, settings=SETTINGS, progress=Telling()).answers(goals)
    assert told["items"] == 6
