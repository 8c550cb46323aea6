"""The endless schedule of goals and attacks, and stretches of it that are made one attempt at a time.

Goals come in laps: a lap visits every goal once, harms taking turns and groups before their second goal, and each
visit meets the goal with the next attack. So goals differ by one attempt at most, and no pair of goal and attack comes
twice before every pair has come once. What is kept is a few bytes per goal, whatever the number of attempts.
"""

from array import array
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from breakfix.records import Goal, content_id
from breakfix.red_team.contenders import Contender
from breakfix.red_team.drive import Planned
from breakfix.store.randomness import draw_order

Pair = tuple[int, int]
"""The place of a goal in the order of a lap, and the number of an attack."""


@dataclass(frozen=True, slots=True)
class Laps:
    """The endless schedule of some goals and attacks."""

    order: tuple[Goal, ...]
    """The goals in the order of a lap."""
    attacks: tuple[Contender, ...]
    """The attacks by their numbers."""
    first: Sequence[int]
    """Per place of `order`: the number of the attack that the goal meets in lap 0."""
    seed: int

    @property
    def pairs(self) -> int:
        """How many pairs of goal and attack there are."""
        return len(self.order) * len(self.attacks)

    @property
    def spoken_pairs(self) -> int:
        """How many of these a persona would make."""
        languages = Counter(goal.language for goal in self.order)
        return sum(
            count
            for language, count in languages.items()
            for each in self.attacks
            if not each.profile.languages or language in each.profile.languages
        )

    def spoken(self, pair: Pair) -> bool:
        """Whether the persona of the attack speaks the goal's language."""
        return self.attacks[pair[1]].profile.speaks(self.order[pair[0]])

    def planned(self, pair: Pair) -> Planned:
        """The attempt of a pair; its id changes with goal, attack, persona and seed only."""
        goal, contender = self.order[pair[0]], self.attacks[pair[1]]
        return Planned(
            id=content_id("attempt", goal.id, contender.id, self.seed),
            goal=goal,
            attack=contender.attack,
            persona=contender.profile.name,
            seed=self.seed,
            max_turns=contender.profile.max_turns,
            max_queries=contender.profile.max_queries,
        )


@dataclass(frozen=True, slots=True)
class Stretch:
    """`size` positions of the schedule from `start` on, at most one for each pair; attempts are made when asked for.

    Pairs whose persona does not speak the goal's language are left out, so there may be fewer attempts than positions.
    """

    laps: Laps
    start: int
    size: int

    def __len__(self) -> int:
        return self.size if self._all_spoken else sum(1 for _ in self.pairs())

    @property
    def _all_spoken(self) -> bool:
        return not any(each.profile.languages for each in self.laps.attacks)

    def __iter__(self) -> Iterator[Planned]:
        return map(self.laps.planned, self.pairs())

    def __contains__(self, pair: Pair) -> bool:
        """Whether the pair is one of this stretch."""
        place, number = pair
        goals, attacks = len(self.laps.order), len(self.laps.attacks)
        lap = self.start // goals
        lap += (number - self.laps.first[place] - lap) % attacks
        position = lap * goals + place
        if position < self.start:
            position += goals * attacks
        return position < self.start + self.size

    def pairs(self) -> Iterator[Pair]:
        """Its pairs; those of one attack stand together, so that they share batches."""
        goals, attacks = len(self.laps.order), len(self.laps.attacks)
        if not self.size:
            return
        meeting = [array("I") for _ in range(attacks)]
        for place, number in enumerate(self.laps.first):
            meeting[number].append(place)
        end = self.start + self.size
        for number in sorted(range(attacks), key=lambda each: (self.laps.attacks[each].attack.name, each)):
            for lap in range(self.start // goals, (end - 1) // goals + 1):
                for place in meeting[(number - lap) % attacks]:
                    if self.start <= lap * goals + place < end and self.laps.spoken((place, number)):
                        yield place, number

    def chunks(self, size: int) -> Iterator[tuple[Pair, ...]]:
        """Its pairs in order, `size` at a time."""
        pairs = self.pairs()
        while chunk := tuple(islice(pairs, size)):
            yield chunk


def make_laps(goals: Sequence[Goal], contenders: Sequence[Contender], seed: int) -> Laps:
    """The schedule of `goals` (in the order of their ids) and `contenders`, in whatever order these are."""
    goals = [goal for goal in goals if any(each.profile.speaks(goal) for each in contenders)]
    by_id = {each.id: each for each in contenders}
    attacks = tuple(by_id[name] for name in draw_order(seed, "red_team attacks", list(by_id)))
    order = _interleaved(goals, seed) if attacks else []
    return Laps(tuple(order), attacks, _first_attacks(order, len(attacks)), seed)


def stretch(laps: Laps, *, count: int, window: int) -> Stretch:
    """The `window`-th stretch of `count` positions, or of as many as there are pairs."""
    size = min(count, laps.pairs)
    return Stretch(laps, window * size, size)


def _interleaved(goals: Sequence[Goal], seed: int) -> list[Goal]:
    """`goals` in a drawn order in which harms take turns, and in each harm groups before their second goal."""
    by_id = {goal.id: goal for goal in goals}
    drawn = [by_id[name] for name in draw_order(seed, "red_team goals", list(by_id))]
    for key in (_group_of, _harm_of):
        drawn = [goal for _, goal in sorted(_numbered(drawn, key), key=lambda pair: pair[0])]
    return drawn


def _group_of(goal: Goal) -> Hashable:
    return goal.group


def _harm_of(goal: Goal) -> Hashable:
    return goal.harm


def _numbered(goals: Sequence[Goal], key: Callable[[Goal], Hashable]) -> Iterator[tuple[int, Goal]]:
    """Each goal with the number of goals before it that share its key."""
    seen: Counter[Hashable] = Counter()
    for goal in goals:
        yield seen[key(goal)], goal
        seen[key(goal)] += 1


def _first_attacks(order: Sequence[Goal], attacks: int) -> Sequence[int]:
    """The number of the attack that each goal meets first.

    Of as many goals in a row as there are attacks, each meets another one; which, is chosen so that the attacks of
    each harm are balanced too.
    """
    first = array("I")
    met: Counter[tuple[Hashable, int]] = Counter()
    for start in range(0, len(order), attacks or 1):
        row = order[start : start + attacks]
        by_harm = sorted(range(len(row)), key=lambda place: row[place].harm)
        rank = {place: number for number, place in enumerate(by_harm)}
        numbers = _swapped([(start // attacks + rank[place]) % attacks for place in range(len(row))], row, met)
        met.update((goal.harm, number) for goal, number in zip(row, numbers, strict=True))
        first.extend(numbers)
    return first


def _swapped(numbers: list[int], row: Sequence[Goal], met: Counter[tuple[Hashable, int]]) -> list[int]:
    """`numbers` after all swaps by which harms get attacks that they have met less often."""
    pairs = [(one, other) for other in range(len(row)) for one in range(other)]
    better = True
    while better:
        better = False
        for one, other in pairs:
            mine, yours = row[one].harm, row[other].harm
            kept = met[mine, numbers[one]] + met[yours, numbers[other]]
            if met[mine, numbers[other]] + met[yours, numbers[one]] < kept:
                numbers[one], numbers[other] = numbers[other], numbers[one]
                better = True
    return numbers
