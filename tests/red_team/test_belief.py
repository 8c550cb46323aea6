"""What is believed of the arms, and that a chunk is filled by what is worth most per model call."""

from hypothesis import given
from hypothesis import strategies as st

from breakfix.red_team.belief import ALIKE, Belief, correlation
from breakfix.store.randomness import stream

SIDES = [(attack, attack // 2, harm, 0) for attack in range(6) for harm in range(5)]
outcomes = st.lists(
    st.tuples(st.integers(0, len(SIDES) - 1), st.sampled_from([None, False, True]), st.integers(0, 64)), max_size=80
)


def mean_draws(belief: Belief, draws: int = 200) -> list[float]:
    effects, chance = belief.effects(), stream(0, "test", "belief")
    sums = [0.0] * len(SIDES)
    for _ in range(draws):
        sums = [total + share for total, share in zip(sums, effects.draw(chance), strict=True)]
    return [total / draws for total in sums]


@given(outcomes)
def test_whatever_came_shares_stay_within_0_and_1_and_an_attempt_costs_at_least_one_call(
    told: list[tuple[int, bool | None, int]],
) -> None:
    belief = Belief(SIDES)
    for arm, fell, calls in told:
        belief.add(arm, fell, calls)
    assert all(0 < share < 1 for share in belief.effects().draw(stream(0, "test", "x")))
    assert all(cost >= 1 for cost in belief.costs())


def test_what_an_attack_did_to_one_harm_is_expected_of_the_others() -> None:
    belief = Belief(SIDES)
    for arm, (attack, _, harm, _) in enumerate(SIDES):
        for _ in range(4 if harm < 3 else 0):
            belief.add(arm, attack == 2, 1)
    shares = mean_draws(belief)
    unseen = {attack: shares[SIDES.index((attack, attack // 2, 4, 0))] for attack in range(6)}
    assert max(unseen, key=unseen.__getitem__) == 2
    assert unseen[2] > 3 * unseen[0]


def test_where_attacks_differ_by_chance_alone_nothing_is_carried_over() -> None:
    alike = [[3, 9]] * 8
    assert correlation(alike, 0.25) == ALIKE[0]
    apart = [[12, 0], [0, 12]] * 4
    assert correlation(apart, 0.5) == ALIKE[1]
    assert correlation([], 0.2) == correlation([[1, 0]], 0.2) == ALIKE[0]


def test_undetermined_attempts_cost_and_say_nothing() -> None:
    belief, silent = Belief(SIDES), Belief(SIDES)
    silent.add(0, None, 30)
    drawn = [each.effects().draw(stream(0, "test", "y")) for each in (belief, silent)]
    assert drawn[0] == drawn[1]
    assert silent.costs()[0] > belief.costs()[0]
