"""The goals that ship: enough of everything, every group with its look-alikes, nothing on both sides."""

from collections import Counter, defaultdict

import pytest

from breakfix.records import Goal, Harm
from breakfix.red_team.goals.packaged import goals
from breakfix.red_team.near_duplicates import RUN, near_duplicates, words

HARMS = [harm for harm in Harm if harm not in (Harm.NONE, Harm.OTHER)]


def test_ids_and_texts_are_unique_and_no_text_is_blank(packaged: tuple[Goal, ...]) -> None:
    assert len({goal.id for goal in packaged}) == len(packaged)
    assert max(Counter((goal.text, goal.intent) for goal in packaged).values()) == 1
    assert all(goal.text == goal.text.strip() != "" for goal in packaged)


@pytest.mark.parametrize("harm", HARMS)
def test_a_harm_has_at_least_thirty_goals_and_some_in_every_split(packaged: tuple[Goal, ...], harm: Harm) -> None:
    harmful = [goal for goal in packaged if goal.harm is harm and goal.intent == "harmful"]
    assert len(harmful) >= 30
    assert {goal.split for goal in harmful} == {"train", "dev", "test"}


def test_every_harmful_group_carries_look_alikes_and_the_counts_hold(packaged: tuple[Goal, ...]) -> None:
    intents: dict[str, set[str]] = defaultdict(set)
    for goal in packaged:
        if goal.harm is not Harm.NONE:
            intents[goal.group].add(goal.intent)
    assert all(found == {"harmful", "benign"} for found in intents.values())
    assert sum(goal.look_alike for goal in packaged) >= 300
    assert sum(goal.harm is Harm.NONE for goal in packaged) >= 150


def test_groups_lie_in_one_split_and_are_named_by_harm(packaged: tuple[Goal, ...]) -> None:
    splits: dict[str, set[str]] = defaultdict(set)
    for goal in packaged:
        splits[goal.group].add(goal.split)
        assert goal.group.partition("/")[0] == ("ordinary" if goal.harm is Harm.NONE else goal.harm.value)
    assert all(len(found) == 1 for found in splits.values())


@pytest.mark.parametrize("intent", ["harmful", "benign"])
def test_no_measured_text_shares_a_run_or_a_near_duplicate_with_a_trained_one(
    packaged: tuple[Goal, ...], intent: str
) -> None:
    same = [goal for goal in packaged if goal.intent == intent]
    for one, other in near_duplicates([goal.text for goal in same]):
        assert same[one].split == same[other].split, (same[one].group, same[other].group)

    def runs(split: str) -> set[tuple[str, ...]]:
        found = [words(goal.text) for goal in same if goal.split == split]
        return {tuple(text[start : start + RUN]) for text in found for start in range(len(text) - RUN + 1)}

    assert not runs("train") & (runs("dev") | runs("test"))


def test_loading_twice_gives_the_same_goals_in_the_same_order(packaged: tuple[Goal, ...]) -> None:
    assert tuple(goals().goals()) == packaged
