# pyright: basic
# scipy ships no types.
"""Student's t distribution: critical values and tail probabilities."""

from functools import lru_cache


@lru_cache(maxsize=4096)
def critical_value(degrees: int, confidence: float) -> float:
    """The t with `confidence` of the distribution on `degrees` of freedom between -t and t."""
    from scipy.special import stdtrit

    return float(stdtrit(degrees, 0.5 + confidence / 2))


def two_sided_p(statistic: float, degrees: int) -> float:
    """P(|T| ≥ |statistic|) on `degrees` of freedom."""
    from scipy.special import stdtr

    return float(2 * stdtr(degrees, -abs(statistic)))
