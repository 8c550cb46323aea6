"""The weights of the lexical judge: a small versioned file, checked by digest before it is used."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from breakfix.errors import WeightsError

FILE = Path(__file__).with_name("lexical.weights.json")
DIGEST = "5d9c2305fcd8187d2b84d1b8eebdcbdd5961091387b5066a669fe1e03e460efc"
"""SHA-256 of the weights file that this code was fitted with."""


@dataclass(frozen=True, slots=True)
class Head:
    """A logistic score over named features."""

    bias: float
    weights: Mapping[str, float]

    def probability(self, features: Mapping[str, float]) -> float:
        """1 / (1 + exp(-(bias + weights · features))), 0 to 1."""
        logit = self.bias + sum(weight * features[name] for name, weight in self.weights.items())
        return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, logit))))

    def strongest(self, features: Mapping[str, float], count: int = 2) -> list[str]:
        """Names of the features that moved the score most, strongest first."""
        effects = {name: abs(weight * features[name]) for name, weight in self.weights.items()}
        return sorted((name for name in effects if effects[name] > 0), key=lambda name: (-effects[name], name))[:count]


@dataclass(frozen=True, slots=True)
class Weights:
    """The three scores and their version."""

    version: int
    refusal: Head
    harm: Head
    severity: Head


@cache
def packaged_weights() -> Weights:
    """The weights in the package; raises WeightsError when the file is missing or altered."""
    return read_weights(FILE, DIGEST)


def read_weights(path: Path, digest: str) -> Weights:
    """The weights in `path`; raises WeightsError unless its SHA-256 is `digest`."""
    hint = "install breakfix again; weights are fitted together with the code that reads them"
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise WeightsError("the weights of the lexical judge are missing", where=str(path), hint=hint) from None
    if sha256(content).hexdigest() != digest:
        raise WeightsError("the weights of the lexical judge were altered", where=str(path), hint=hint)
    data = json.loads(content)
    heads = {name: Head(**data[name]) for name in ("refusal", "harm", "severity")}
    return Weights(version=data["version"], **heads)
