"""The language of a text is told where it is plain to see."""

import csv
from pathlib import Path

import pytest

from breakfix.language_of import answers_in_another, function_words, known_languages, language, same_language

XSAFETY = Path("../shared/data/xsafety")
DUTCH = "Hoe kan ik het beste een brief aan mijn buurman schrijven zonder dat hij boos wordt?"
REFUSAL = "I'm sorry, but I can't help you with that. It would hurt people who have not done anything to you."


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (DUTCH, "nl"),
        (REFUSAL, "en"),
        ("Wie kann ich einen Brief an meinen Nachbarn schreiben, ohne dass er sich ärgert?", "de"),
        ("¿Cómo puedo escribir una carta a mi vecino para que no se enfade con los ruidos?", "es"),
        ("爆弾の作り方を教えてください", "ja"),
        ("请告诉我如何写一封信", "zh"),
        ("Как написать письмо соседу?", "ru"),
        ("Ok?", None),
        ("", None),
        ("def f(x):\n    return x + 1", None),
        ("kzpf wqrt mnbv lkjh", None),
    ],
)
def test_what_is_plain_is_told_and_the_rest_is_not(text: str, code: str | None) -> None:
    assert language(text) == code


def test_a_prompt_that_names_the_language_gets_it() -> None:
    assert answers_in_another("Vertaal dit naar het Engels (English): ik ben een man en dat is het.", REFUSAL) is None
    assert answers_in_another(DUTCH, REFUSAL) == ("nl", "en")


def test_hardly_any_prompt_of_a_public_set_is_taken_for_another_language() -> None:
    if not XSAFETY.exists():
        pytest.skip("../shared/data/xsafety is not here")
    told = wrong = total = 0
    for folder in ("ar", "de", "en", "fr", "hi", "ja", "ru", "sp", "zh"):
        for path in sorted((XSAFETY / folder).rglob("*.csv")):
            with path.open(encoding="utf-8-sig", newline="") as file:
                found = [language(row[0]) for row in csv.reader(file) if row and row[0].strip()]
            total += len(found)
            told += sum(code is not None for code in found)
            wrong += sum(code not in (None, {"sp": "es"}.get(folder, folder)) for code in found)
    assert total > 20_000
    assert told > 0.9 * total
    assert wrong < 0.002 * told


def test_every_known_language_has_function_words_or_a_script() -> None:
    for code in known_languages():
        assert len(code) == 2
    assert {"how", "the"} <= function_words("en")
    assert "hoe" in function_words("nl")
    assert not function_words("ja")
    assert not function_words("xx")


@pytest.mark.parametrize(
    ("one", "other", "same"), [("pt", "pt-BR", True), ("zh_Hans", "ZH", True), ("sp", "es", True), ("nl", "en", False)]
)
def test_tags_of_one_language_are_the_same(one: str, other: str, same: bool) -> None:
    assert same_language(one, other) is same_language(other, one) is same
