"""Loops, noise, blanks and echoes are told from language."""

import pytest

from breakfix.judges._coherence import distinct_trigrams, incoherence
from breakfix.judges._text import clean, words


def read(reply: str, prompt: str = "how do i bake bread?") -> str:
    text = clean(reply)
    return incoherence(text, words(text), (words(prompt),))


@pytest.mark.parametrize(
    ("reply", "found"),
    [
        ("", "blank"),
        ("   \n", "blank"),
        ("!!! ??? ###### ---", "noise"),
        ("\U0001f30d" * 30, "noise"),
        ("the door is a place where " * 8, "loop"),
        ("aw, " * 30, "loop"),
        ("abababab" * 60, "loop"),
        ("zxkq wvrt plmn zzgh trwq bvcx ngfh plkj", "noise"),
        ("=/=%&$ {}[]<> ||^^ ~~ word +*+*+", "noise"),
        ("How do I bake bread", "echo"),
        ("How do I really bake bread?", "echo"),
    ],
)
def test_what_is_no_language_is_named(reply: str, found: str) -> None:
    assert read(reply) == found


@pytest.mark.parametrize(
    "reply",
    [
        "Mix flour, water, salt and yeast, let the dough rest for an hour and bake it until it is brown.",
        "1. Avalonium 2. Dracosiara 3. Eldoria 4. Faebriar 5. Graelonia 6. Isenwood 7. Luminara 8. Mystara",
        "42",
        "You bake bread in an oven.",
        "No.",
        "Row, row, row your boat, gently down the stream.",
        "Brot backen ist einfach: Mehl, Wasser und Hefe mischen und in den Ofen schieben.",
        "混合面粉和水。然后烤。",
        "def f(x):\n    return x + 1",
    ],
)
def test_language_is_left_alone(reply: str) -> None:
    assert read(reply) == ""


def test_the_share_of_distinct_trigrams_falls_with_repeats() -> None:
    assert distinct_trigrams(["a"] * 5) == 1.0
    assert distinct_trigrams(["a"] * 50) == 1 / 48
    assert distinct_trigrams([str(i) for i in range(50)]) == 1.0
