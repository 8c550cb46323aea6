"""Changed words: what the engine turns on a toy, how often a goal can be changed validly, and what a model makes of it.

    python benchmarks/word_robustness.py [--json]
    python benchmarks/word_robustness.py --target '{ plugin = "hugging_face" }' --goals 10 --advglue dev.json

The toy is a bag of words with known weights: 30 words, three or four of them praise. Without `--target` no model is
asked and the figures are the same everywhere.
"""

import argparse
import json
import math
import tempfile
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

from breakfix import plugins
from breakfix.benchmark.stage import run
from breakfix.config import BenchmarkSettings
from breakfix.perturbations.greedy import Changed, Space, at_random, greedy
from breakfix.perturbations.methods import METHODS, Means, made
from breakfix.perturbations.swarm import swarm
from breakfix.perturbations.synonyms import synonyms
from breakfix.perturbations.typos import bugs
from breakfix.perturbations.validity import check
from breakfix.protocols import Quiet
from breakfix.records import Rate, SuiteScore
from breakfix.red_team.goals.packaged import goals as packaged
from breakfix.red_team.splits import assign_splits
from breakfix.statistics.rates import rate_of
from breakfix.statistics.robustness import Turned, attack_success, curated_attack_success, filter_rate
from breakfix.store.randomness import stream
from breakfix.store.rows import read_rows

WEIGHTS = {"wonderful": 2.0, "clever": 1.5, "funny": 1.2, "beautiful": 1.8, "honest": 1.0, "boring": -1.4}
FILLER_TEXT = """the film tells of a man who sails with his old dog along that coast and later meets three sisters
near one harbour where they talk about bread rope salt wind maps boats nets stars stones gulls lamps doors"""
FILLER = FILLER_TEXT.split()
TEXTS = 400


def sure(texts: Sequence[str]) -> list[float]:
    """The toy's probability of the positive class."""
    return [1 / (1 + math.exp(1.5 - sum(WEIGHTS.get(word, 0.0) for word in text.split()))) for text in texts]


def review(number: int) -> str:
    """Thirty words."""
    rng = Random(number)  # noqa: S311 - reproducibility, not secrecy
    praise = rng.sample([word for word, weight in WEIGHTS.items() if weight > 0], rng.choice((3, 4)))
    words = [*praise, rng.choice(("boring", "lamp")), *rng.sample(FILLER, 29 - len(praise))]
    rng.shuffle(words)
    return " ".join(words)


def toy() -> dict[str, dict[str, Rate]]:
    """Per search: attack success, curated attack success and filter rate on texts that the toy gets right."""
    rng = Random(0)  # noqa: S311 - as above
    typos: Space = lambda words, place: bugs(words.word(place), rng)  # noqa: E731
    others: Space = lambda words, place: synonyms(words.word(place))  # noqa: E731
    searches: dict[str, Callable[[str], Changed]] = {
        "textbugger, greedy": lambda text: greedy(text, score=sure, space=typos, fooled_below=0.5),
        "textbugger, random words": lambda text: at_random(text, score=sure, space=typos, rng=rng),
        "textfooler-like, greedy": lambda text: greedy(text, score=sure, space=others, fooled_below=0.5),
        "textfooler-like, random words": lambda text: at_random(text, score=sure, space=others, rng=rng),
        "sememe_pso-like, swarm": lambda text: swarm(text, score=sure, space=others, rng=rng, fooled_below=0.5),
    }
    texts = [text for text in map(review, range(TEXTS)) if sure([text])[0] > 0.5]
    found: dict[str, dict[str, Rate]] = {}
    for name, search in searches.items():
        turned = [
            Turned(right=True, fooled=new.score < 0.5, valid=check(text, new.text, "word").valid, group=text)
            for text, new in ((text, search(text)) for text in texts)
        ]
        found[name] = {
            "success": attack_success(turned),
            "curated": curated_attack_success(turned),
            "filter rate": filter_rate(turned),
        }
    return found


def applicable() -> dict[str, Rate]:
    """Per method: share of the packaged harmful goals for which a text passes the filter."""
    wanted = [goal for goal in packaged().goals() if goal.intent == "harmful"]
    return {
        name: rate_of(
            [float(made(method, goal.text, stream(0, name, goal.id), Means()).text is not None) for goal in wanted],
            [goal.group for goal in wanted],
        )
        for name, method in METHODS.items()
        if method.perturb and not method.asks_model
    }


def measured(options: argparse.Namespace) -> dict[str, Rate]:
    """The robustness suites on a model."""
    choice = tomllib.loads(f"target = {options.target}")["target"]
    target = plugins.make("target", choice.pop("plugin"), choice)
    judge = plugins.make("judge", "local", {})
    goals = assign_splits(packaged().goals())
    given: dict[str, Any] = {"goals": [goal for goal in goals if goal.split == "test"], "harmful_from": 2}
    suites = [plugins.make("suite", "robust_refusal", {"most": options.goals}, **given)] if options.goals else []
    if options.advglue:
        whole = plugins.make("suite", "advglue", {"path": options.advglue}, **given)
        items = tuple(item for item in whole.items if item.goal.group.partition("/")[0] in options.tasks)
        names = {*options.tasks, "accuracy", "clean_accuracy"}
        metrics = tuple(metric for metric in whole.metrics if metric.name in names)
        suites.append(replace(whole, items=items, metrics=metrics))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run(
            folder,
            target=target,
            judge=judge,
            baseline=judge,
            suites=suites,
            settings=BenchmarkSettings(limit=None, max_new_tokens=48),
            seed=0,
            progress=Quiet(),
        )
        rows = list(read_rows(folder / "scores.jsonl", SuiteScore))
    return {f"{row.suite}.{row.metric.name}": row.overall for row in rows}


def line(rate: Rate) -> str:
    """A rate with its interval and denominator."""
    if rate.value is None or rate.low is None or rate.high is None:
        return f"not measurable, n={rate.of}"
    left = f" (+{rate.undetermined} undetermined)" if rate.undetermined else ""
    return f"{100 * rate.value:5.1f} % [{100 * rate.low:.1f}, {100 * rate.high:.1f}] n={rate.of}{left}"


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--target", help="a table of a target plug-in")
    parser.add_argument("--goals", type=int, default=10)
    parser.add_argument("--advglue", help="AdvGLUE's JSON file")
    parser.add_argument("--tasks", nargs="*", default=["sst2"])
    options = parser.parse_args()
    found: dict[str, Any] = {"toy": toy(), "applicable": applicable()}
    if options.target:
        found["model"] = measured(options)
    if options.json:
        print(json.dumps(found, default=lambda rate: rate.model_dump(mode="json"), indent=1))
        return
    for name, rates in found["toy"].items():
        print(f"{name:32}" + "   ".join(f"{what}: {line(rate)}" for what, rate in rates.items()))
    for part in ("applicable", "model"):
        for name, rate in found.get(part, {}).items():
            print(f"{part} {name:40} {line(rate)}")


if __name__ == "__main__":
    main()
