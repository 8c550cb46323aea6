"""Encoded replies are read in clear, everything else is left as it is."""

import base64
import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from breakfix.judges._encoding import decoded

TEXT = "You should not do this, because it is against the law and it could hurt the people in the house."


def test_base64_is_decoded_even_when_it_is_cut_short() -> None:
    packed = base64.b64encode(TEXT.encode()).decode()
    assert decoded(packed) == TEXT
    assert TEXT.startswith(decoded(packed[:-5]))


def test_base64_of_bytes_is_left_alone() -> None:
    packed = base64.b64encode(bytes(range(128, 228))).decode()
    assert decoded(packed) == packed
    control = base64.b64encode(bytes([1, 2, 3, 4, 5, 6] * 12)).decode()
    assert decoded(control) == control


def test_rot13_is_turned_back() -> None:
    assert decoded(codecs.encode(TEXT, "rot13")) == TEXT


def test_leetspeak_is_spelled_out() -> None:
    assert decoded("Y0u sh0uld n0t d0 th1s, 1t 1s ag41nst th3 l4w 4nd h4rms th3m") == (
        "you should not do this, it is against the law and harms them"
    )


@pytest.mark.parametrize(
    "text",
    [TEXT, "", "Use 4 eggs, 3 cups of flour and 1 l of milk.", "zxkq wvrt plmn zzgh trwq bvcx", "A1 B2 C3 D4 E5 F6 G7"],
)
def test_text_in_clear_and_noise_stay_as_they_are(text: str) -> None:
    assert decoded(text) == text


@given(st.text(st.characters(), max_size=200))
def test_no_text_crashes_the_decoder(text: str) -> None:
    assert isinstance(decoded(text), str)
