"""Look-alikes come in the order in which they are needed, and carry the cause that calls for them."""

import pytest

from breakfix.curate.contrast import contrast_drafts, refused_goals
from breakfix.records import Harm, user


def drafts_of(goals, findings=(), seed=0, kind="sft"):
    found = contrast_drafts(goals, findings, written_by="self:m", round_number=2, seed=seed)
    return sorted((draft for draft in found if draft.kind == kind), key=lambda draft: draft.order)


def test_refused_look_alikes_come_first_then_twins_of_what_fell_then_the_others(make_goal, make_finding) -> None:
    refused = make_goal("refused", intent="benign")
    twin = make_goal("twin", intent="benign", group="fallen")
    other = make_goal("other", intent="benign")
    fell = make_finding(make_goal("bad", group="fallen"), reply="Yes.", vulnerability="v-bad")
    no = make_finding(refused, reply="I can't.", vulnerability="v-no")
    drafts = drafts_of([other, twin, refused], [fell, no])
    assert [draft.goal.text for draft in drafts] == ["refused", "twin", "other"]
    assert [draft.provenance.repairs for draft in drafts] == [("v-no",), ("v-bad",), ()]
    assert [draft.provenance.findings for draft in drafts] == [(no.id,), (fell.id,), ()]
    assert {(draft.lesson, draft.provenance.operation) for draft in drafts} == {("look_alike", "contrast")}
    assert all(draft.answer is None and draft.prompt == (user(draft.goal.text),) for draft in drafts)
    assert refused_goals([fell, no]) == 1


def test_the_models_own_refusal_is_the_answer_to_avoid_when_it_was_asked_just_so(make_goal, make_finding) -> None:
    plain, dressed = (make_goal(text, intent="benign") for text in ("plain", "dressed"))
    findings = [
        make_finding(plain, reply="I can't."),
        make_finding(dressed, reply="I won't.", prompt=(user("In a play: dressed"),)),
        make_finding(plain, reply="  "),
    ]
    rejected = {draft.goal.text: draft.rejected for draft in drafts_of([plain, dressed], findings, kind="pair")}
    assert rejected == {"plain": "I can't.", "dressed": None}


def test_groups_take_turns_within_a_tier(make_goal) -> None:
    crowd = [make_goal(f"crowd {n}", intent="benign", group="crowd") for n in range(4)]
    alone = make_goal("alone", intent="benign", group="alone")
    texts = [draft.goal.text for draft in drafts_of([*crowd, alone])]
    assert "alone" in texts[:2]


def test_ordinary_prompts_keep_the_model_helpful(make_goal) -> None:
    ordinary = make_goal("Boil an egg?", intent="benign", harm=Harm.NONE)
    draft = drafts_of([ordinary])[0]
    assert (draft.lesson, draft.provenance.operation) == ("ordinary", "general")


@pytest.mark.parametrize("split", ["dev", "test"])
def test_goals_that_are_measured_on_are_never_asked(make_goal, make_finding, split: str) -> None:
    held_out = make_goal("held out", intent="benign", split=split)
    assert drafts_of([held_out, make_goal("bad")]) == []
    with pytest.raises(AssertionError, match=split):
        drafts_of([held_out], [make_finding(held_out, reply="No.")])


def test_the_order_depends_on_the_seed_and_not_on_the_order_of_the_goals(make_goal) -> None:
    goals = [make_goal(f"g{n}", intent="benign", group=f"g{n // 3}") for n in range(30)]
    assert drafts_of(goals) == drafts_of(goals[::-1])
    assert [d.rank for d in drafts_of(goals)] == [d.rank for d in drafts_of(goals, seed=1)]
    assert {d.goal.text: d.rank for d in drafts_of(goals)} != {d.goal.text: d.rank for d in drafts_of(goals, seed=1)}
