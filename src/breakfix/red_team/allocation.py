"""Where the next hunting attempts go: Thompson sampling for vulnerabilities that nobody has seen yet, per model call.

**Arms and cells.** An arm is an attack in the hands of a persona (a contender) on the goals of one harm and language. A
vulnerability, as the identify stage counts it, is a cell harm × attack family × language with a finding, so arms of one
family share a cell. A cell counts once: the `k`-th further finding in it is worth `AGAIN` to the power of `k`.

**Choice.** What attacks, harms and languages do is drawn from its posterior (Thompson 1933, Biometrika 25, 285-294;
Russo et al. 2018, A Tutorial on Thompson Sampling, arXiv 1707.02038), and the attempts that this draw makes worth most
per expected model call are taken; then it is drawn anew. The expected worth of a cell falls with every attempt put into
it, so that a chunk spreads out although its outcomes are not known yet.

**Why the outcomes of these attempts are no rates.** How often an arm is tried depends on what fell in it, and the mean
of data collected so is biased, mostly downwards: an arm that was unlucky at first is left alone and its bad luck stays
(Nie, Tian, Taylor & Zou 2018, Why Adaptively Collected Data Have Negative Bias, arXiv 1708.01977). The mean over all
attempts is off the other way, because weak cells are attacked more often. Horvitz & Thompson (1952, J. Am. Stat. Assoc.
47, 663-685) weigh each item by one over its probability to be drawn; here that probability is known for the uniform
part and has no closed form for the others. So every rate counts the uniform part alone. Which attempts that part holds
is fixed before any outcome is known: its mean is unbiased, its interval is the ordinary one, and the price is its
smaller number. What *fell* is a fact and no estimate, hence findings come from all attempts. `benchmarks/allocation.py`
measures all three: gain, honesty, and the bias of what is not done here.
"""

import heapq
from collections.abc import Sequence

from breakfix.red_team.belief import Belief
from breakfix.red_team.laps import Laps, Pair, Stretch
from breakfix.store.randomness import stream

AGAIN = 0.1
"""Worth of a second finding in a cell, of the first; it is a second example to train on, and no new vulnerability."""


DRAWS = 4
"""Attempts chosen by one draw of what is believed; a chunk takes several, or it would bet on one."""


class Allocator:
    """Chooses pairs of goal and attack that `taken` does not hold, and no pair twice."""

    def __init__(self, taken: Stretch, *, seed: int, round_number: int) -> None:
        """`taken` is the uniform part of round `round_number`."""
        self._taken, self._seed, self._round = taken, seed, round_number
        self._arms = Arms(taken.laps)
        self._next = [0] * len(self._arms)
        self._belief = Belief(self._arms.sides)
        self._found = [0] * self._arms.cells
        self._chosen = 0
        self._waiting: list[int] = []

    def note(self, pairs: Sequence[Pair]) -> None:
        """These pairs were drawn by somebody else; `learn` is told of them next."""
        self._waiting = [self._arms.of(pair) for pair in pairs]

    def learn(self, fell: Sequence[bool | None], calls: Sequence[int]) -> None:
        """What came of the latest pairs, in their order: whether each fell (None is undetermined), and model calls."""
        for arm, outcome, spent in zip(self._waiting, fell, calls, strict=True):
            self._belief.add(arm, outcome, spent)
            self._found[self._arms.cell[arm]] += outcome is True
        self._waiting = []

    def choose(self, count: int) -> tuple[Pair, ...]:
        """The next `count` pairs, or as many as are left; those of one attack stand together."""
        chance = stream(self._seed, "red_team allocation", f"{self._round}/{self._chosen}")
        worth = [AGAIN**found for found in self._found]
        costs, believed = self._belief.costs(), self._belief.effects()
        picked: list[tuple[int, Pair]] = []
        while len(picked) < count:
            more = self._pick(believed.draw(chance), costs, worth, min(DRAWS, count - len(picked)))
            if not more:
                break
            picked += more
        return self._in_order(picked)

    def _pick(
        self, shares: Sequence[float], costs: Sequence[float], worth: list[float], count: int
    ) -> list[tuple[int, Pair]]:
        """The `count` best pairs by one draw; `worth` of each cell falls with every pair put into it."""
        cell, strata = self._arms.cell, self._arms.strata
        gains = [share / costs[arm // strata] for arm, share in enumerate(shares)]
        heap = [(-gain * worth[cell[arm]], arm) for arm, gain in enumerate(gains)]
        heapq.heapify(heap)
        picked: list[tuple[int, Pair]] = []
        while heap and len(picked) < count:
            promised, arm = heap[0]
            now = -gains[arm] * worth[cell[arm]]
            if now > promised:  # a pair in its cell was chosen meanwhile
                heapq.heapreplace(heap, (now, arm))
            elif (pair := self._pair(arm)) is None:
                heapq.heappop(heap)
            else:
                picked.append((arm, pair))
                worth[cell[arm]] *= 1 - shares[arm] * (1 - AGAIN)
        return picked

    def _in_order(self, picked: list[tuple[int, Pair]]) -> tuple[Pair, ...]:
        attacks = self._taken.laps.attacks
        picked.sort(key=lambda each: (attacks[each[1][1]].attack.name, each[1][1]))
        self._chosen += len(picked)
        self._waiting = [arm for arm, _ in picked]
        return tuple(pair for _, pair in picked)

    def _pair(self, arm: int) -> Pair | None:
        """The arm's next goal that is not taken; each attack begins at another goal and goes round once."""
        places, number = self._arms.places(arm), self._arms.number(arm)
        begin = self._arms.begin(arm, self._round)
        while self._next[arm] < len(places):
            pair = places[(begin + self._next[arm]) % len(places)], number
            self._next[arm] += 1
            if pair not in self._taken and self._taken.laps.spoken(pair):
                return pair
        return None


class Arms:
    """The arms of a schedule: contender `number` on stratum `s` is the arm number × strata + s."""

    def __init__(self, laps: Laps) -> None:
        """A stratum is the goals of one harm and language, in the order of a lap."""
        strata: dict[tuple[str, str], list[int]] = {}
        for place, goal in enumerate(laps.order):
            strata.setdefault((goal.harm.value, goal.language), []).append(place)
        keys = sorted(strata)
        self._places = [strata[key] for key in keys]
        self._stratum_of = {key: number for number, key in enumerate(keys)}
        self._laps = laps
        families = sorted({each.attack.family for each in laps.attacks})
        family = [families.index(each.attack.family) for each in laps.attacks]
        harms, languages = (sorted({key[side] for key in keys}) for side in (0, 1))
        self.strata = len(keys)
        self.cells = len(families) * len(keys)
        self.cell = [each * len(keys) + stratum for each in family for stratum in range(len(keys))]
        """Arm to cell."""
        self.sides = [
            (number, family[number], harms.index(harm), languages.index(language))
            for number in range(len(laps.attacks))
            for harm, language in keys
        ]
        """Arm to contender, family, harm and language."""

    def __len__(self) -> int:
        return len(self.sides)

    def of(self, pair: Pair) -> int:
        """The arm of a pair."""
        goal = self._laps.order[pair[0]]
        return pair[1] * len(self._places) + self._stratum_of[goal.harm.value, goal.language]

    def number(self, arm: int) -> int:
        """The number of the arm's attack."""
        return arm // len(self._places)

    def places(self, arm: int) -> Sequence[int]:
        """The places of the arm's goals."""
        return self._places[arm % len(self._places)]

    def begin(self, arm: int, round_number: int) -> int:
        """Where among its goals the arm begins: attacks are spread over the goals, and a round begins elsewhere."""
        attacks, places = len(self._laps.attacks), len(self.places(arm))
        return (self.number(arm) * places // attacks + round_number) % places
