"""Which form of multiple choice tells a sound model from a damaged one: prompts and ways to score a choice, compared.

    python benchmarks/knowledge_forms.py [--model starter] [--items 200] [--noise 0.15] [--out FILE]

Every packaged question is scored in three prompt forms and four ways: the sum of a choice's token log-probabilities,
that sum per token, per character, and less the choice's log-probability after a prompt without the question. The same
is done with a damaged copy of the model (Gaussian noise on every weight matrix but the embeddings, as a share of the
matrix's standard deviation). A good form has a high accuracy and a large paired t of the fall; `±` is the half-width of
the paired 95 % interval, which a gate's margin has to exceed.
"""
# pyright: basic
# safetensors and torch are only partly typed

import argparse
import json
import math
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean, stdev

import torch
from safetensors.torch import load_file, save_file

from breakfix.benchmark.suites.plain_knowledge import FRAME, Question, questions
from breakfix.protocols import LogLikelihood
from breakfix.records import user
from breakfix.targets.hugging_face import target

Totals = list[list[float]]
"""Per question, the score of each choice."""
EMPTY = "Answer in a few words."
PROMPTS: dict[str, Callable[[Question], str]] = {
    "question alone": lambda q: q.question,
    "in a few words": lambda q: FRAME.format(question=q.question),
    "choices listed": lambda q: f"{q.question}\n" + "\n".join(q.choices) + "\nReply with the right answer only.",
}


@dataclass(frozen=True)
class Line:
    """One form and what it shows."""

    prompt: str
    score: str
    accuracy: float
    probability: float
    accuracy_fall: float
    accuracy_t: float
    accuracy_half_width: float
    probability_fall: float
    probability_t: float
    probability_half_width: float


def scored(folder: str, items: Sequence[Question]) -> dict[tuple[str, str], Totals]:
    """Every prompt form and score of the model in `folder`."""
    model = target(model=folder)
    found: dict[str, list[list[LogLikelihood]]] = {}
    for name, prompt in {**PROMPTS, "": lambda _: EMPTY}.items():
        asked = [((user(prompt(item)),), choice) for item in items for choice in item.choices]
        flat = iter(model.log_likelihoods([one for one, _ in asked], [choice for _, choice in asked]))
        found[name] = [[next(flat) for _ in item.choices] for item in items]
        print(f"  {folder}: {name or EMPTY}", flush=True)
    model.release()
    empty = found.pop("")
    scores: dict[tuple[str, str], Totals] = {}
    for name, rows in found.items():
        scores[name, "sum"] = [[one.total for one in row] for row in rows]
        scores[name, "per token"] = [[one.total / one.tokens for one in row] for row in rows]
        scores[name, "per character"] = [
            [one.total / len(choice) for one, choice in zip(row, item.choices, strict=True)]
            for row, item in zip(rows, items, strict=True)
        ]
        scores[name, "less unasked"] = [
            [one.total - other.total for one, other in zip(row, alone, strict=True)]
            for row, alone in zip(rows, empty, strict=True)
        ]
    return scores


def values(totals: Totals, items: Sequence[Question]) -> tuple[list[float], list[float]]:
    """Per question: 1 when the likeliest choice is right, and the softmax at the right choice."""
    right = [float(max(row) == row[item.answer]) for row, item in zip(totals, items, strict=True)]
    shares = [
        math.exp(row[item.answer] - max(row)) / sum(math.exp(one - max(row)) for one in row)
        for row, item in zip(totals, items, strict=True)
    ]
    return right, shares


def fall(before: Sequence[float], after: Sequence[float]) -> tuple[float, float, float]:
    """Mean paired fall, its t and the half-width of its 95 % interval."""
    changes = [one - other for one, other in zip(before, after, strict=True)]
    error = stdev(changes) / math.sqrt(len(changes))
    return fmean(changes), fmean(changes) / error if error else 0.0, 1.96 * error


def damaged(folder: Path, out: Path, noise: float) -> Path:
    """A copy of the model in `folder` with noise on its weight matrices."""
    shutil.copytree(folder, out)
    chance = torch.Generator().manual_seed(0)
    for path in out.glob("*.safetensors"):
        weights = load_file(path)
        for name, weight in weights.items():
            if weight.ndim == 2 and "embed" not in name and "lm_head" not in name:
                drawn = torch.randn(weight.shape, generator=chance) * weight.float().std() * noise
                weights[name] = (weight.float() + drawn).to(weight.dtype)
        save_file(weights, path, metadata={"format": "pt"})
    return out


def main() -> None:
    """Prints the table and writes it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="starter")
    parser.add_argument("--items", type=int, default=200)
    parser.add_argument("--noise", type=float, default=0.15)
    parser.add_argument("--out", type=Path, default=None)
    chosen = parser.parse_args()
    items = questions()[: chosen.items]
    with tempfile.TemporaryDirectory() as place:
        sound = scored(chosen.model, items)
        harmed = scored(str(damaged(target(model=chosen.model).checkpoint, Path(place) / "noisy", chosen.noise)), items)
    lines: list[Line] = []
    for (prompt, score), totals in sound.items():
        (right, share), (right_after, share_after) = values(totals, items), values(harmed[prompt, score], items)
        lines.append(
            Line(prompt, score, fmean(right), fmean(share), *fall(right, right_after), *fall(share, share_after))
        )
    print(
        f"{'prompt':<16}{'score':<15}{'accuracy':>9}{'fall':>7}{'t':>6}{'±':>7}{'prob.':>9}{'fall':>7}{'t':>6}{'±':>7}"
    )
    for line in lines:
        print(
            f"{line.prompt:<16}{line.score:<15}{line.accuracy:>9.3f}{line.accuracy_fall:>7.3f}{line.accuracy_t:>6.1f}"
            f"{line.accuracy_half_width:>7.3f}{line.probability:>9.3f}{line.probability_fall:>7.3f}"
            f"{line.probability_t:>6.1f}{line.probability_half_width:>7.3f}"
        )
    if chosen.out is not None:
        chosen.out.write_text(json.dumps([asdict(line) for line in lines], indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
