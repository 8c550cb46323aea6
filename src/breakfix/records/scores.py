"""Score records: rates with their intervals, per-item scores and metrics of a suite."""

from typing import Literal

from pydantic import Field

from breakfix.records.harms import Harm
from breakfix.records.record import Record

Better = Literal["low", "high", "zero"]
"""`zero`: a signed figure that says most at 0, such as a bias that leans either way."""
Unit = Literal["share", "number"]
BETTER: dict[Better, str] = {"low": "lower", "high": "higher", "zero": "nearer to 0"}
"""How tables say which way is better."""


class Rate(Record):
    """A share or mean with its denominator and interval; never a bare number."""

    value: float | None
    """The share or mean; None when nothing could be judged."""
    count: float
    """Sum of the values (for a share: the number of hits)."""
    of: int = Field(ge=0)
    """Judged items."""
    low: float | None
    high: float | None
    confidence: float = 0.95
    method: str
    """How the interval was made: `wilson`, `student`, ..."""
    unit: Unit = "share"
    """Whether `value` is a share (0 to 1) or a mean number on the metric's own scale."""
    undetermined: int = Field(default=0, ge=0)
    """Items left out because the judge could not tell or the attempt failed."""


class Metric(Record):
    """One figure of a suite."""

    name: str
    """Short name in rows and configuration, such as `vprr`."""
    title: str
    better: Better
    unit: Unit = "share"


class ItemScore(Record):
    """One item of one suite, scored; kept so that rounds can be compared item by item."""

    suite: str
    item: str
    group: str
    """Cluster of the item."""
    harm: Harm
    split: str
    values: dict[str, float | None]
    """Metric name to value; None is undetermined."""
    failure: str | None = None
    slices: dict[str, str] = Field(default_factory=dict)
    """What its figures are also broken down by, such as {"type": "homonyms"}."""
    asked: str = ""
    """Digest of what was asked and what the answer is held against; two items of one id are one item only where these
    agree. '' where that is not known, as for figures that were brought in."""


class SuiteScore(Record):
    """One metric of one suite on one split, over all items and per harm."""

    suite: str
    metric: Metric
    split: str
    overall: Rate
    by_harm: dict[Harm, Rate]
    judge: str | None = None
    """Name of the judge behind the number; None where no judge is used."""
    by_slice: dict[str, dict[str, Rate]] = Field(default_factory=dict)
    """The same metric within each value of each dimension, such as {"type": {"homonyms": ...}}."""
