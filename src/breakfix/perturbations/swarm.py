"""A small particle swarm over a space of words: the search of SememePSO (Zang et al., ACL 2020, section 3.3).

A particle is a set of changes. In every round each one takes over changes of its own best and of the swarm's best
state, with a chance that grows from round to round, and tries one more at random.
"""

import math
from dataclasses import dataclass
from random import Random

from breakfix.perturbations.greedy import MODIFIED, Changed, Score, Space, budget
from breakfix.perturbations.tokens import split

State = dict[int, str]
PARTICLES = 8
ROUNDS = 8
_FIRST, _LAST = 0.2, 0.8
"""Chance with which a change is taken over in the first and in the last round."""


@dataclass(slots=True)
class _Best:
    state: State
    score: float

    def see(self, state: State, score: float) -> None:
        if score < self.score:
            self.state, self.score = state, score


def swarm(
    text: str,
    *,
    score: Score,
    space: Space,
    rng: Random,
    share: float = MODIFIED,
    fooled_below: float = -math.inf,
) -> Changed:
    """The text with the lowest score that the swarm found, with at most `share` of its words changed.

    Ends early when the score is below `fooled_below`.
    """
    words = split(text)
    options = {place: list(found) for place in range(len(words)) if (found := space(words, place))}
    most = min(budget(len(words), share), len(options))
    own = score([text])[0]
    everyone, asked = _Best({}, own), 1
    if most == 0:
        return Changed(text, (), own, asked)
    states: list[State] = [_tried({}, options, most, rng) for _ in range(PARTICLES)]
    bests = [_Best({}, own) for _ in states]
    for turn in range(ROUNDS):
        scores = score([words.replaced(state) for state in states])
        asked += len(states)
        for best, state, value in zip(bests, states, scores, strict=True):
            best.see(state, value)
            everyone.see(state, value)
        if everyone.score < fooled_below:
            break
        chance = _FIRST + (_LAST - _FIRST) * turn / ROUNDS
        states = [
            _tried(_moved(state, best.state, everyone.state, chance, rng), options, most, rng)
            for state, best in zip(states, bests, strict=True)
        ]
    return Changed(words.replaced(everyone.state), tuple(sorted(everyone.state)), everyone.score, asked)


def _moved(state: State, own: State, everyone: State, chance: float, rng: Random) -> State:
    moved = dict(state)
    for best in (own, everyone):
        moved.update({place: word for place, word in sorted(best.items()) if rng.random() < chance})
    return moved


def _tried(state: State, options: dict[int, list[str]], most: int, rng: Random) -> State:
    """`state` with one more random change, cut back at random to `most` changes."""
    place = rng.choice(sorted(options))
    tried = {**state, place: rng.choice(options[place])}
    kept = rng.sample(sorted(tried), min(most, len(tried)))
    return {at: tried[at] for at in kept}
