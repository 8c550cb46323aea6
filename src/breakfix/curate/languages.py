"""Rows whose answer is plainly in another language than the prompt."""

from breakfix.curate.drafts import Draft, dropped
from breakfix.language_of import answers_in_another
from breakfix.records import Dropped


def in_another_language(draft: Draft) -> Dropped | None:
    """The record of a draft whose answer to learn is in another language than its last user turn; None for others."""
    asked = [turn.text for turn in draft.prompt if turn.role == "user"]
    two = answers_in_another(asked[-1], draft.answer) if asked and draft.answer else None
    return None if two is None else dropped(draft, "language", f"asked in {two[0]}, answered in {two[1]}")
