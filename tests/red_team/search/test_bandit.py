from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from breakfix.red_team.search.bandit import FLOOR, Arm, Bandit
from breakfix.store.randomness import stream

NAMES = tuple("abcdefgh")
PULLS = st.lists(st.tuples(st.sampled_from((*NAMES, "unknown")), st.booleans()), max_size=60)


def arms() -> tuple[Arm, ...]:
    return tuple(Arm(name, name) for name in NAMES)


def played(bandit: Bandit, chances: dict[str, float], pulls: int, rng: Random) -> tuple[Bandit, list[str], int]:
    drawn, wins = [], 0
    for _ in range(pulls):
        arm = bandit.drawn(rng)[0].name
        won = rng.random() < chances[arm]
        bandit, wins = bandit.credited([arm], won=won), wins + won
        drawn.append(arm)
    return bandit, drawn, wins


PLANTED = {name: 0.7 if name == "c" else 0.05 for name in NAMES}
MOVED = {name: 0.7 if name == "g" else 0.05 for name in NAMES}


def test_the_planted_arm_gets_nearly_all_late_pulls_and_three_times_the_successes_of_chance() -> None:
    late, wins, by_chance = 0, 0, 0
    for seed in range(20):
        rng = stream(seed, "tests", "search")
        _, drawn, won = played(Bandit(arms()), PLANTED, 300, rng)
        late += drawn[-100:].count("c")
        wins += won
        by_chance += sum(rng.random() < PLANTED[rng.choice(NAMES)] for _ in range(300))
    assert late / 2000 > 0.9
    assert wins >= 3 * by_chance


def test_after_a_fix_only_a_bandit_that_forgets_finds_the_new_weakness() -> None:
    def share_on_the_new_one(discount: float) -> float:
        found = 0
        for seed in range(20):
            rng = stream(seed, "tests", "search")
            bandit, _, _ = played(Bandit(arms(), discount), PLANTED, 300, rng)
            _, drawn, _ = played(bandit, MOVED, 200, rng)
            found += drawn[100:].count("g")
        return found / 2000

    assert share_on_the_new_one(0.995) - share_on_the_new_one(1.0) >= 0.25


@given(PULLS, st.floats(min_value=0.5, max_value=1.0))
def test_counts_stay_positive_and_bounded_whatever_happens(pulls: list[tuple[str, bool]], discount: float) -> None:
    bandit = Bandit(arms(), discount)
    for name, won in pulls:
        bandit = bandit.credited([name], won=won)
    assert all(arm.wins >= FLOOR and arm.losses >= FLOOR for arm in bandit.arms)
    assert sum(arm.wins + arm.losses for arm in bandit.arms) <= 2 * len(NAMES) + len(pulls) + 1


@given(PULLS)
def test_success_never_makes_an_arm_look_worse(pulls: list[tuple[str, bool]]) -> None:
    bandit = Bandit(arms())
    for name, won in pulls:
        bandit = bandit.credited([name], won=won)
    before, after = (
        next(arm.mean for arm in each.arms if arm.name == "a") for each in (bandit, bandit.credited(["a"], won=True))
    )
    assert after >= before


@given(st.lists(st.text(min_size=1, max_size=3), max_size=40))
def test_what_is_learnt_is_bounded_and_never_displaces_what_was_given(texts: list[str]) -> None:
    bandit = Bandit(arms(), most_learnt=4)
    for text in texts:
        bandit = bandit.with_learnt(f"#{text}", text)
    assert [arm.name for arm in bandit.arms if not arm.learnt] == list(NAMES)
    assert sum(arm.learnt for arm in bandit.arms) <= 4


def test_a_known_text_is_not_learnt_twice() -> None:
    once = Bandit(arms()).with_learnt("#1", "new")
    assert once.with_learnt("#2", "new") == once
    assert once.with_learnt("#3", "a") == once


def test_the_best_come_first_and_none_twice() -> None:
    bandit = Bandit((Arm("low", wins=1, losses=99), Arm("high", wins=99, losses=1), Arm("mid", wins=50, losses=50)))
    drawn = bandit.drawn(stream(1, "tests", "search"), 3)
    assert [arm.name for arm in drawn] == ["high", "mid", "low"]
    assert all(one.mean > other.mean for one, other in pairwise(drawn))
