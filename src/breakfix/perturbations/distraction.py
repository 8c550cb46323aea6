"""Distractions: words that say nothing, beside a text that stays as it is."""

import string
from random import Random

TAUTOLOGIES = ("and true is true", "and false is not true")
"""StressTest's word overlap and negation (Naik et al., COLING 2018, section 3.2); its length mismatch is five times the
first one."""
_ALPHABET = string.ascii_letters + string.digits


def with_tautologies(text: str, *, times: int = 5, which: int = 0) -> str:
    """`text` with a tautology appended `times` times (StressTest); `which` is 0 or 1."""
    return " ".join([text.rstrip(), *[TAUTOLOGIES[which]] * times])


def with_noise(text: str, rng: Random) -> str:
    """`text` with a random short link or handle before or behind it (CheckList, arXiv 2005.04118, section 2)."""
    link = rng.random() < 0.5  # noqa: PLR2004 - one in two
    noise = f"https://t.co/{_letters(rng, 10)}" if link else f"@{_letters(rng, 6)}"
    return f"{text.rstrip()} {noise}" if rng.random() < 0.5 else f"{noise} {text.lstrip()}"  # noqa: PLR2004


def _letters(rng: Random, count: int) -> str:
    return "".join(rng.choice(_ALPHABET) for _ in range(count))
