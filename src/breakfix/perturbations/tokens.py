"""A text as words with their places, so that single words can be exchanged and everything else stays as it is."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from breakfix.canonical import SINGLE
from breakfix.language_of import function_words

_WORD = re.compile(rf"[{SINGLE}]|[^\W_{SINGLE}]+(?:['’][^\W_{SINGLE}]+)*")

_LITTLE = (
    "after all also any because been before being between could does each every her him his into its just may might "
    "must other our over please than them then there through under us were while without yes your"
)
_MORE = frozenset(_LITTLE.split())
"""English words that carry little meaning and are not what English is told by."""


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a text; the characters between them belong to nobody."""

    text: str
    spans: tuple[tuple[int, int], ...]
    """Begin and end of every word, in characters."""

    def __len__(self) -> int:
        return len(self.spans)

    def word(self, place: int) -> str:
        """The word at `place`."""
        begin, end = self.spans[place]
        return self.text[begin:end]

    @property
    def all(self) -> tuple[str, ...]:
        """Every word in order."""
        return tuple(self.text[begin:end] for begin, end in self.spans)

    def replaced(self, changes: Mapping[int, str]) -> str:
        """The text with the words at the places of `changes` exchanged."""
        pieces: list[str] = []
        at = 0
        for place in sorted(changes):
            begin, end = self.spans[place]
            pieces += [self.text[at:begin], changes[place]]
            at = end
        return "".join([*pieces, self.text[at:]])

    def without(self, place: int) -> str:
        """The text without the word at `place`."""
        return self.replaced({place: ""})


def split(text: str) -> Words:
    """`text` with its words found; a character of a script without spaces is a word."""
    return Words(text, tuple(found.span() for found in _WORD.finditer(text)))


def carries_meaning(word: str, language: str = "en") -> bool:
    """Whether `word` is none of the function words of `language`, and no single letter or number."""
    folded = word.casefold()
    if language == "en" and folded in _MORE:
        return False
    return folded not in function_words(language) and any(map(str.isalpha, folded)) and len(folded) > 1


def like(pattern: str, word: str) -> str:
    """`word` with its capitals where `pattern` has them: all, the first, or none."""
    if len(pattern) > 1 and pattern.isupper():
        return word.upper()
    return word[:1].upper() + word[1:] if pattern[:1].isupper() else word
