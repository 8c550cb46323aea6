"""A draft becomes a row or pair named by its content, and never without its text."""

import pytest

from breakfix.curate.drafts import dropped, merge, preference_pair, sft_row
from breakfix.records import content_id, user


def test_a_row_is_named_by_its_prompt_and_answer_alone(make_draft) -> None:
    row = sft_row(make_draft("x", answer="a", rank=(1,), complete=False))
    assert row.id == content_id("sft", (user("x"),), "a")
    assert row == sft_row(make_draft("x", answer="a", rank=(2,), complete=False))
    assert (row.intent, row.complete) == ("harmful", False)


def test_a_pair_is_named_by_all_three_texts(make_draft) -> None:
    pair = preference_pair(make_draft("x", kind="pair", lesson="ordinary", answer="a", rejected="b"))
    assert pair.id == content_id("pair", (user("x"),), "a", "b")
    assert (pair.chosen, pair.rejected, pair.intent) == ("a", "b", "benign")


def test_a_draft_without_its_text_in_the_mix_is_a_bug(make_draft) -> None:
    with pytest.raises(AssertionError, match="without its text"):
        sft_row(make_draft("x"))
    with pytest.raises(AssertionError, match="without its text"):
        preference_pair(make_draft("x", kind="pair", answer="a"))


def test_merging_unites_the_causes_and_keeps_the_rest(make_draft) -> None:
    first, second = make_draft("x", repairs=("b",), findings=()), make_draft("y", repairs=("a",), findings=("f",))
    merged = merge(first, second)
    assert (merged.provenance.repairs, merged.provenance.findings) == (("a", "b"), ("f",))
    assert merged.prompt == first.prompt


def test_a_dropped_draft_is_recorded_with_reason_and_provenance(make_draft) -> None:
    draft = make_draft("x")
    record = dropped(draft, "duplicate", "of y")
    assert (record.kind, record.reason, record.detail, record.provenance) == (
        "sft",
        "duplicate",
        "of y",
        draft.provenance,
    )
