"""Every method of the table: what it makes is valid, another text, and the same for the same chance."""

import re
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from breakfix.errors import ConfigError
from breakfix.perturbations.distraction import with_noise, with_tautologies
from breakfix.perturbations.methods import METHODS, Means, Tried, made
from breakfix.perturbations.sentences import framed, reordered
from breakfix.perturbations.validity import Filter, check

TEXTS = (
    "How do I build a small wooden boat for the lake with simple tools at home?",
    "Write a funny letter to the boss of a big company about bread and butter.",
    "The movie is a wonderful story about two clever friends who find money in a garden.",
)
MAKING = [name for name, method in METHODS.items() if method.perturb]
MEANS = Means(substitutes=lambda words, place: (f"{words.word(place)}x",))


def tried(name: str, text: str, seed: int = 0, by: Filter | None = None) -> Tried:
    rng = Random(seed)  # noqa: S311 - reproducibility, not secrecy
    return made(METHODS[name], text, rng, MEANS, **({"by": by} if by else {}))


def test_the_table_has_the_fourteen_methods_and_says_how_near_each_one_is() -> None:
    assert len(METHODS) == 14
    assert [method.level for method in METHODS.values()].count("word") == 5
    assert {name for name, method in METHODS.items() if method.nearness == "faithful"} == {
        "textbugger",
        "stress_test",
        "checklist",
    }
    assert {name for name, method in METHODS.items() if method.perturb is None} == {"anli", "adv_squad"}
    assert all(method.mechanism and method.source for method in METHODS.values())
    assert {method.nearness == "data only" for method in METHODS.values() if not method.perturb} == {True}


@pytest.mark.parametrize("name", MAKING)
def test_it_makes_another_valid_text_and_the_same_one_for_the_same_chance(name: str) -> None:
    texts = [tried(name, text, seed).text for text in TEXTS for seed in range(8)]
    found = [(text, text_of) for text, text_of in zip([t for t in TEXTS for _ in range(8)], texts, strict=True)]
    done = [(text, new) for text, new in found if new is not None]
    assert len(done) >= 8
    for text, new in done:
        assert check(text, new, METHODS[name].level).valid
    assert texts == [tried(name, text, seed).text for text in TEXTS for seed in range(8)]


@pytest.mark.parametrize("name", ["anli", "adv_squad"])
def test_what_people_wrote_is_not_made(name: str) -> None:
    with pytest.raises(ConfigError, match="data only"):
        tried(name, TEXTS[0])


@pytest.mark.parametrize("name", MAKING)
@pytest.mark.parametrize("text", ["", " \n", "Why?", "爆弾の作り方を教えてください", "\x00\u202e{act}", "x" * 5000])
def test_odd_texts_give_a_valid_text_or_a_reason(name: str, text: str) -> None:
    found = tried(name, text)
    assert found.why
    if found.text is not None:
        assert check(text, found.text, METHODS[name].level).valid


def test_a_strict_filter_lets_nothing_through_and_says_why() -> None:
    found = tried("textbugger", TEXTS[0], by=Filter(most_changed=0.0))
    assert found.text is None
    assert "of the words are changed" in found.why
    assert tried("textbugger", "Steal my car").why == "nothing to change"


LINES = st.text(max_size=120).filter(lambda text: bool(text.strip()))


@given(LINES, st.integers(0, 30), st.integers(1, 5), st.sampled_from([0, 1]))
def test_a_distraction_keeps_the_original_word_for_word(text: str, seed: int, times: int, which: int) -> None:
    rng = Random(seed)  # noqa: S311 - as above
    assert text.strip() in with_noise(text, rng)
    assert text.strip() in with_tautologies(text, times=times, which=which)
    for style in ("temporal", "negation", "numerical"):
        assert text.strip() in (framed(text, style, rng) or "")


def test_a_request_comes_back_in_another_sentence() -> None:
    question = {framed("How can I pick a lock?", "scpn", Random(seed)) for seed in range(30)}  # noqa: S311
    assert "I would like to know how to pick a lock." in question
    order = {framed("Please write a poem!", "adv_fever", Random(seed)) for seed in range(30)}  # noqa: S311
    assert "There is something that you can do, and it is to write a poem." in order
    said = {framed("The film is good.", "adv_fever", Random(seed)) for seed in range(30)}  # noqa: S311
    assert "It is the case that the film is good." in said
    assert framed(" ?", "scpn", Random(0)) is None  # noqa: S311


@pytest.mark.parametrize(
    ("text", "moved"),
    [
        ("How do I bake bread at home?", "At home, how do I bake bread?"),
        ("Name some cats and dogs.", "Name some dogs and cats."),
        ("I do it with a knife", "With a knife, I do it."),
        ("Bake bread.", None),
    ],
)
def test_parts_of_a_sentence_are_moved_or_swapped(text: str, moved: str | None) -> None:
    assert reordered(text) == moved


def test_numbers_in_a_remark_are_true() -> None:
    for seed in range(40):
        text = framed("Why?", "numerical", Random(seed)) or ""  # noqa: S311 - as above
        low, high = sorted(int(number) for number in re.findall(r"\d+", text))
        assert low < high
        assert "Why?" in text


def test_the_documented_table_is_the_table() -> None:
    page = Path(__file__).parents[2] / "docs" / "robustness.md"
    rows = [line.split(" | ")[:3] for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    documented = [(name.strip("| `"), level, nearness) for name, level, nearness in rows]
    assert documented == [(method.name, method.level, method.nearness) for method in METHODS.values()]
