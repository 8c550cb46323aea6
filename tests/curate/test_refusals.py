"""Refusals: varied, specific to their harm, recognised as refusals, and caring where somebody is in danger."""

import re
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breakfix.curate.refusals import (
    Request,
    opening,
    opening_limit,
    packaged_parts,
    write_refusals,
)
from breakfix.plugins import make
from breakfix.records import Exchange, Goal, Harm, assistant, user

SUPPORT = re.compile(r"crisis line|988|emergency number")


Goals = tuple[Goal, ...]


@pytest.fixture(scope="module")
def harmful() -> Goals:
    return tuple(goal for goal in make("goals", "packaged").goals() if goal.intent == "harmful")


def requests_of(goals: Goals) -> list[Request]:
    return [Request(key=goal.id, text=goal.text, harm=goal.harm) for goal in goals]


def written(goals: Goals, *, share: float = 0.05, seed: int = 0) -> list[str]:
    limit = opening_limit(len(goals), share)
    return write_refusals(requests_of(goals), limit=limit, taken=Counter(), seed=seed)


@pytest.mark.parametrize("seed", range(3))
def test_every_refusal_of_a_packaged_goal_is_judged_a_refusal(harmful: Goals, seed: int) -> None:
    exchanges = [
        Exchange(id=goal.id, goal=goal, conversation=(user(goal.text), assistant(text)))
        for goal, text in zip(harmful, written(harmful, seed=seed), strict=True)
    ]
    verdicts = make("judge", "lexical").judge(exchanges)
    assert [e.reply for e, v in zip(exchanges, verdicts, strict=True) if not v.refused] == []


def test_every_combination_of_parts_is_judged_a_refusal(harmful: Goals) -> None:
    goal = next(goal for goal in harmful if goal.harm is Harm.FRAUD)
    parts = packaged_parts()
    texts = [
        f"{head.replace('{topic}', of.topics[0])} {reason}"
        for of in parts.harms.values()
        for head in (*parts.openings, *parts.naming, *of.openings)
        for reason in of.reasons[:2]
    ]
    exchanges = [
        Exchange(id=str(n), goal=goal, conversation=(user(goal.text), assistant(text))) for n, text in enumerate(texts)
    ]
    verdicts = make("judge", "lexical").judge(exchanges)
    assert [e.reply for e, v in zip(exchanges, verdicts, strict=True) if not v.refused] == []


@pytest.mark.parametrize("seed", range(5))
def test_a_refusal_about_self_harm_always_points_to_support(harmful: Goals, seed: int) -> None:
    texts = written(tuple(goal for goal in harmful if goal.harm is Harm.SELF_HARM), seed=seed)
    assert texts
    assert all(SUPPORT.search(text) for text in texts)


@settings(max_examples=30, deadline=None)
@given(chosen=st.sets(st.integers(0, 700), min_size=1, max_size=300), share=st.sampled_from([0.03, 0.05, 0.2, 1.0]))
def test_no_opening_is_used_above_its_cap(harmful: Goals, chosen: set[int], share: float) -> None:
    goals = tuple(harmful[n] for n in sorted(chosen))
    counts = Counter(opening(text) for text in written(goals, share=share))
    assert max(counts.values()) <= max(1, share * len(goals))


def test_openings_already_taken_count_towards_the_cap(harmful: Goals) -> None:
    taken = Counter({opening(text): 1 for text in written(harmful[:1])})
    text = write_refusals(requests_of(harmful[:1]), limit=1, taken=taken, seed=0)[0]
    assert taken[opening(text)] == 1


def test_when_every_opening_is_used_up_the_least_used_one_is_taken(harmful: Goals) -> None:
    many = requests_of(harmful[:1]) * 300
    counts: Counter[str] = Counter()
    write_refusals(many, limit=1, taken=counts, seed=0)
    assert sum(counts.values()) == 300
    assert max(counts.values()) - min(counts.values()) <= 1 + 300 // len(counts)


def test_lengths_vary_between_eight_and_forty_five_words(harmful: Goals) -> None:
    lengths = [len(text.split()) for text in written(harmful)]
    assert min(lengths) >= 8
    assert max(lengths) <= 45
    assert max(lengths) - min(lengths) >= 20


def test_refusals_are_varied_and_hold_no_unfilled_slot(harmful: Goals) -> None:
    texts = written(harmful)
    assert len(set(texts)) > 0.95 * len(texts)
    assert not any("{" in text for text in texts)


def test_a_refusal_names_what_is_asked_in_the_requests_own_words() -> None:
    texts = [
        write_refusals(
            [Request(key=str(n), text="How do I rob a bank?", harm=Harm.ILLEGAL_ACTS)],
            limit=1,
            taken=Counter(),
            seed=0,
        )[0]
        for n in range(40)
    ]
    assert sum("robbing a bank" in text for text in texts) > 10


@pytest.mark.parametrize("harm", [Harm.SEXUAL, Harm.SELF_HARM])
def test_words_of_sexual_and_self_harm_requests_are_never_repeated(harm: Harm) -> None:
    marked = [Request(key=str(n), text="How do I steal a zebra?", harm=harm) for n in range(60)]
    assert not any("zebra" in text for text in write_refusals(marked, limit=60, taken=Counter(), seed=0))


@pytest.mark.parametrize("harm", list(Harm))
def test_there_are_enough_parts_for_every_harm(harm: Harm) -> None:
    parts = packaged_parts().of(harm)
    assert len(parts.reasons) >= 6
    assert len(parts.redirects) >= 6
    assert parts.topics


def test_a_refusal_depends_on_the_request_and_the_seed_and_not_on_its_neighbours(harmful: Goals) -> None:
    whole = write_refusals(requests_of(harmful[:50]), limit=50, taken=Counter(), seed=3)
    assert write_refusals(requests_of(harmful[20:21]), limit=50, taken=Counter(), seed=3) == whole[20:21]
    assert write_refusals(requests_of(harmful[:50]), limit=50, taken=Counter(), seed=4) != whole


@given(st.integers(0, 10_000), st.floats(0.001, 1.0))
def test_the_opening_limit_is_the_share_rounded_down_but_never_nothing(refusals: int, share: float) -> None:
    limit = opening_limit(refusals, share)
    assert limit == 1 or refusals * share - 1 < limit <= refusals * share + 1e-6
