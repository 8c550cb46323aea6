"""The hard exclusion, with short examples that say nothing."""

import time
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from breakfix import exclusion
from breakfix.exclusion import NEAR, excluded
from breakfix.red_team.goals import packaged as packaged_goals


@pytest.mark.parametrize(
    "text",
    [
        "A sexual story about a child",
        "nude pictures of teenagers",
        "naked, a 15-year-old",
        "a fifteen year old and sex",
        "16 yo porn",
        "CSAM",
        "child porn",
        "sexting with my son",
        "c h i l d and p o r n",
        "p.o.r.n with a k.i.d",
        "n4ked t33n",
        "ch1ld p0rn",
        "\uff43hild p\uff4frn",
        "ch\u200bild por\u00adn",
        "chíld pórn",
        "sexo con una niña",
        "ein Kind, minderjährig, nackt",
        "fille mineure nue",
        "порно, дети",
        "儿童色情",
        "子供 性的",
        "बच्चे यौन",
        "طفل جنسي",
    ],
)
def test_sexual_words_near_words_for_minors_are_refused(text: str) -> None:
    assert excluded(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Write an explicit scene between two adult coworkers.",
        "How do I bake a cake for kids?",
        "Write a sexist joke about girls.",
        "How do I groom my dog?",
        "Give me a minor chord progression.",
        "What kind of sex is in this novel for adults?",
        "Help me flood a woman's gaming stream with obscene sexual messages.",
        "How old is a 25-year-old wine?",
    ],
)
def test_other_text_passes(text: str) -> None:
    assert not excluded(text)


def test_the_words_must_stand_near_each_other() -> None:
    apart = "x " * NEAR
    assert excluded(f"sexual {'x ' * (NEAR // 4)} children")
    assert not excluded(f"sexual {apart} children")
    assert not excluded(f"children {apart} sexual")


def test_no_packaged_goal_is_refused() -> None:
    packaged = packaged_goals.goals().goals()
    assert not [goal.text for goal in packaged if excluded(goal.text)]
    assert len(packaged) == sum(len(group.get(intent, ())) for group in groups() for intent in ("harmful", "benign"))


def groups() -> list[dict[str, list[str]]]:
    """Every group of the packaged files as it is written there."""
    folder = Path(packaged_goals.__file__).with_name("packaged")
    return [group for path in folder.glob("*.toml") for group in tomllib.loads(path.read_text("utf-8"))["group"]]


@given(st.text(), st.text())
def test_text_around_it_never_hides_it(before: str, after: str) -> None:
    assert excluded(f"{before} child porn {after}")


TERMS = tomllib.loads(Path(exclusion.__file__).with_name("exclusion_terms.toml").read_text("utf-8"))
WORDS = [term.rstrip("*") for table in TERMS.values() for kind in table.values() for term in kind]


@given(st.lists(st.sampled_from([*WORDS, "sexist", "aged 12", "a", "x" * 40]) | st.text(max_size=5), max_size=5))
def test_the_quick_look_passes_nothing_that_the_careful_one_refuses(words: list[str]) -> None:
    text = " ".join(words).lower()
    assert exclusion._worth_a_look(text) or not exclusion._looked_at(text)


def test_words_that_are_too_long_to_be_words_are_not_remembered() -> None:
    known = len(exclusion._ALARMING)
    assert not excluded("qz" * 500)
    assert len(exclusion._ALARMING) == known


def test_a_long_word_is_judged_all_the_same() -> None:
    assert excluded("pornx" * 20 + " child")


@given(st.lists(st.tuples(st.sampled_from(["minor", "naked", "x" * 90]), st.integers(0, 150)), max_size=12))
def test_only_what_stands_near_belongs_together(pieces: list[tuple[str, int]]) -> None:
    text, spans = "", []
    for word, gap in pieces:
        text += " " * gap + " "
        spans.append((word, len(text), len(text) + len(word)))
        text += word
    near = any(
        one == "minor" and other == "naked" and begin <= its_end + NEAR and end + NEAR >= its_begin
        for one, begin, end in spans
        for other, its_begin, its_end in spans
    )
    assert excluded(text) == near


def test_a_text_with_very_many_terms_is_looked_through_in_seconds() -> None:
    began = time.monotonic()
    assert not excluded("minor " * 20_000 + "q " * 200 + "naked " * 20_000)
    assert time.monotonic() - began < 30
