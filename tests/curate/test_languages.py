"""A draft that answers in another language than it is asked in is recorded."""

from breakfix.curate.languages import in_another_language
from breakfix.records import assistant, user

DUTCH = "Hoe kan ik het beste een brief aan mijn buurman schrijven zonder dat hij boos wordt?"
REFUSAL = "I'm sorry, but I can't help you with that. It would hurt people who have not done anything to you."


def test_an_answer_in_another_language_is_recorded(make_draft) -> None:
    record = in_another_language(make_draft(DUTCH, answer=REFUSAL))
    assert record is not None
    assert (record.reason, record.detail) == ("language", "asked in nl, answered in en")
    assert in_another_language(make_draft(DUTCH)) is None
    assert in_another_language(make_draft(DUTCH, answer="Ok.")) is None


def test_the_last_user_turn_is_what_counts(make_draft) -> None:
    turns = (user(DUTCH), assistant("Zeg het."), user("And now in another way: how would you write it to your friend?"))
    assert in_another_language(make_draft("x", prompt=turns, answer=REFUSAL)) is None
