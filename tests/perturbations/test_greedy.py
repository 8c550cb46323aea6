"""The greedy engine against a bag of words whose weights are known, and against chance."""

import math
from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from breakfix.perturbations.greedy import Score, Space, at_random, budget, content_left, greedy, importances
from breakfix.perturbations.swarm import swarm
from breakfix.perturbations.synonyms import synonyms
from breakfix.perturbations.tokens import Words, split
from breakfix.perturbations.typos import bugs
from breakfix.perturbations.validity import check, modification_rate
from breakfix.statistics.paired import mcnemar

WEIGHTS = {
    "wonderful": 2.0,
    "clever": 1.5,
    "funny": 1.2,
    "beautiful": 1.8,
    "honest": 1.0,
    "boring": -1.4,
    "awful": -2.0,
}
"""Of a toy classifier; words that it does not know, misspelt ones among them, weigh nothing."""
FILLER_TEXT = """the film tells of a man who sails with his old dog along that coast and later meets three sisters
near one harbour where they talk about bread rope salt wind maps boats nets stars stones gulls lamps doors"""
FILLER = FILLER_TEXT.split()


def sure(texts: Sequence[str]) -> list[float]:
    """The toy's probability of the positive class."""
    totals = [sum(WEIGHTS.get(word, 0.0) for word in text.lower().split()) - 1.5 for text in texts]
    return [1 / (1 + math.exp(-total)) for total in totals]


def review(seed: int) -> str:
    """Thirty words of which three or four are praise and one is not; all are read as positive."""
    rng = Random(seed)  # noqa: S311 - reproducibility, not secrecy
    praise = [word for word, weight in WEIGHTS.items() if weight > 0]
    said = [*rng.sample(praise, rng.choice((3, 4))), rng.choice(("boring", "lamp"))]
    words = [*said, *rng.sample(FILLER, 30 - len(said))]
    rng.shuffle(words)
    return " ".join(words)


REVIEWS = [text for text in map(review, range(120)) if sure([text])[0] > 0.5]


def typos(seed: int) -> Space:
    rng = Random(seed)  # noqa: S311 - as above
    return lambda words, place: bugs(words.word(place), rng)


def others(words: Words, place: int) -> Sequence[str]:
    return synonyms(words.word(place))


SPACES = {"textbugger": typos(1), "textfooler-like": others}


@pytest.mark.parametrize("space", SPACES.values(), ids=SPACES)
def test_the_engine_turns_four_of_five_texts_within_the_modification_rate(space: Space) -> None:
    fooled = 0
    for text in REVIEWS:
        found = greedy(text, score=sure, space=space, fooled_below=0.5)
        assert modification_rate(text, found.text, "word") <= 0.15
        assert len(found.places) <= 4
        fooled += found.score < 0.5
    assert len(REVIEWS) > 90
    assert fooled >= 0.8 * len(REVIEWS)


@pytest.mark.parametrize("space", SPACES.values(), ids=SPACES)
def test_as_many_random_words_turn_significantly_fewer(space: Space) -> None:
    rng = Random(3)  # noqa: S311 - as above
    engine = [greedy(text, score=sure, space=space, fooled_below=0.5).score < 0.5 for text in REVIEWS]
    chance = [at_random(text, score=sure, space=space, rng=rng).score < 0.5 for text in REVIEWS]
    gained = sum(a and not b for a, b in zip(engine, chance, strict=True))
    lost = sum(b and not a for a, b in zip(engine, chance, strict=True))
    assert gained > lost
    assert mcnemar(gained, lost) < 0.001


def test_the_swarm_turns_texts_too() -> None:
    rng = Random(0)  # noqa: S311 - as above
    found = [swarm(text, score=sure, space=others, rng=rng, fooled_below=0.5) for text in REVIEWS[:30]]
    assert sum(each.score < 0.5 for each in found) > 15
    assert all(len(each.places) <= 4 for each in found)


def test_importance_is_what_the_score_loses_without_the_word() -> None:
    words = split("the wonderful boring film")
    weights = importances(words, sure, sure([words.text])[0])
    assert max(range(4), key=weights.__getitem__) == 1
    assert min(range(4), key=weights.__getitem__) == 2
    assert weights[0] == weights[3] == 0.0


@pytest.mark.parametrize(("words", "most"), [(0, 0), (6, 0), (7, 1), (20, 3), (40, 6), (60, 9), (100, 15)])
def test_the_budget_is_the_share_of_the_words_rounded_down(words: int, most: int) -> None:
    assert budget(words) == most


TEXTS = st.text(st.sampled_from("abAB éß爆1.,'\n\t "), max_size=200) | st.lists(
    st.sampled_from(FILLER + list(WEIGHTS)), max_size=60
).map(" ".join)


def upper(words: Words, place: int) -> Sequence[str]:
    return (words.word(place) + "x",)


@given(TEXTS, st.integers(0, 5), st.floats(0.0, 1.0))
def test_no_search_changes_more_words_than_it_may_or_anything_between_words(text: str, seed: int, share: float) -> None:
    score: Score = lambda texts: [-float(sum(map(len, each.split()))) for each in texts]  # noqa: E731
    rng = Random(seed)  # noqa: S311 - as above
    found = [
        greedy(text, score=score, space=upper, share=share),
        swarm(text, score=score, space=upper, share=share, rng=rng),
        at_random(text, score=score, space=upper, share=share, rng=rng),
    ]
    words = split(text)
    for each in found:
        assert len(each.places) <= budget(len(words), share)
        assert each.text == words.replaced({place: words.word(place) + "x" for place in each.places})
        assert each.score == score([each.text])[0]


@given(TEXTS, st.integers(0, 5))
def test_the_same_chance_gives_the_same_text(text: str, seed: int) -> None:
    def once() -> list[str]:
        rng = Random(seed)  # noqa: S311 - as above
        return [
            swarm(text, score=sure, space=others, rng=rng).text,
            at_random(text, score=sure, space=others, rng=rng).text,
            greedy(text, score=sure, space=typos(seed)).text,
        ]

    assert once() == once()


def test_without_a_model_the_longest_content_words_are_the_important_ones() -> None:
    text = "How do I assemble a small radio without any of the usual instructions at home"
    score = content_left(text)
    weights = importances(split(text), score, 1.0)
    ranked = sorted(zip(weights, split(text).all, strict=True), reverse=True)
    assert [word for _, word in ranked[:2]] == ["instructions", "assemble"]
    assert {word for weight, word in ranked if weight == 0} >= {"How", "do", "I", "without", "the"}
    assert score([text, "nothing of it"]) == [1.0, 0.0]


def test_a_text_that_the_engine_changed_passes_the_filter() -> None:
    for text in REVIEWS[:20]:
        found = greedy(text, score=sure, space=others)
        assert check(text, found.text, "word").valid
