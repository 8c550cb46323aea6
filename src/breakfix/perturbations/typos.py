"""The bugs of TextBugger (Li et al., arXiv 1812.05271, section III-B): four of letters; the fifth is a synonym.

First and last letter stay where they are, because readers find a word by them; look-alikes may stand anywhere.
"""

from random import Random

_LOOK_ALIKES = {
    "a": "\u0430@",
    "c": "\u0441",
    "d": "\u0501",
    "e": "\u04353",
    "g": "\u0261",
    "h": "\u04bb",
    "i": "\u04561",
    "j": "\u0458",
    "l": "\u04cf1",
    "m": "n",
    "o": "\u043e0",
    "p": "\u0440",
    "q": "\u051b",
    "s": "\u0455$",
    "u": "v",
    "w": "\u051d",
    "x": "\u0445",
    "y": "\u0443",
}
"""Letter to what looks like it: first a Cyrillic or Latin homoglyph, then a digit or sign."""
_SHORTEST = 4
"""Letters of a word that can be misspelt and still be read."""


def bugs(word: str, rng: Random) -> tuple[str, ...]:
    """`word` with a space in it, a letter missing, two letters swapped and a look-alike letter, as far as it allows.

    One of each kind, all different from one another and from `word`; none for words of fewer than four letters or
    without an alphabet of capitals and small letters.
    """
    if len(word) < _SHORTEST or not word.isalpha() or word.lower() == word.upper():
        return ()
    found = (_split(word, rng), _shortened(word, rng), _swapped(word, rng), _look_alike(word, rng))
    return tuple(dict.fromkeys(each for each in found if each and each != word))


def _split(word: str, rng: Random) -> str:
    place = rng.randrange(1, len(word))
    return f"{word[:place]} {word[place:]}"


def _shortened(word: str, rng: Random) -> str:
    place = rng.randrange(1, len(word) - 1)
    return word[:place] + word[place + 1 :]


def _swapped(word: str, rng: Random) -> str:
    """Empty where all neighbours inside the word are the same letter."""
    places = [place for place in range(1, len(word) - 2) if word[place] != word[place + 1]]
    if not places:
        return ""
    place = rng.choice(places)
    return word[:place] + word[place + 1] + word[place] + word[place + 2 :]


def _look_alike(word: str, rng: Random) -> str:
    """Empty where no letter has a look-alike."""
    places = [place for place, letter in enumerate(word) if letter in _LOOK_ALIKES]
    if not places:
        return ""
    place = rng.choice(places)
    return word[:place] + rng.choice(_LOOK_ALIKES[word[place]]) + word[place + 1 :]
