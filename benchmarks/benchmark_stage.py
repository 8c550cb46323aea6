"""Seconds and items per second of the benchmark stage on a real model at the default settings.

    python benchmarks/benchmark_stage.py [--model starter] [--limit 160] [--out FILE]

Runs the stage with all packaged suites, goals and judges in a temporary folder, then once more on the finished folder
(what resuming costs). Loading the model is timed apart. On a busy machine compare the CPU seconds: two idle cores take
about half of them.
"""

import argparse
import json
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

from breakfix import plugins
from breakfix.benchmark import stage
from breakfix.config import BenchmarkSettings, Config
from breakfix.protocols import Quiet
from breakfix.records import ItemScore, Rate, Sampling, SuiteScore, user
from breakfix.store.rows import read_rows


class Watch(Quiet):
    """Notes when each group of items was done."""

    def __init__(self) -> None:
        """Starts the clock at the first `begin`."""
        self.laps: list[tuple[int, float]] = []

    def begin(self, title: str, total: int) -> None:
        """Starts the clock."""
        print(f"{title}: {total} items", flush=True)
        self.laps.append((0, time.monotonic()))

    def advance(self, items: int = 1) -> None:
        """One chunk is done."""
        self.laps.append((items, time.monotonic()))


def measured(model: str, limit: int | None, folder: Path) -> dict[str, Any]:
    """Runs the stage and returns its times and figures."""
    config = Config(name="timing")
    goals = plugins.make("goals", "packaged", {}).goals()
    given: dict[str, Any] = {
        "target": plugins.make("target", "hugging_face", {"model": model}),
        "judge": plugins.make("judge", config.judge.plugin, {}),
        "baseline": plugins.make("judge", config.judge.baseline, {}),
        "suites": [
            plugins.make("suite", choice.plugin, choice.options, goals=goals, harmful_from=config.judge.harmful_from)
            for choice in config.benchmark.suites
        ],
        "settings": BenchmarkSettings(limit=limit),
        "seed": 0,
    }
    began = time.monotonic()
    given["target"].reply([(user("Hello"),)], Sampling(max_new_tokens=2))
    loading, watch = time.monotonic() - began, Watch()
    began, computing = time.monotonic(), time.process_time()
    stage.run(folder, progress=watch, **given)
    seconds, computing = time.monotonic() - began, time.process_time() - computing
    began = time.monotonic()
    stage.run(folder, progress=Quiet(), **given)
    resumed = time.monotonic() - began
    items = list(read_rows(folder / stage.ITEMS, ItemScore))
    choices = sum(item.suite == "plain_knowledge" for item in items)
    return {
        "loading_s": loading,
        "seconds": seconds,
        "cpu_s": computing,
        "resume_s": resumed,
        "items": len(items),
        "choice_items": choices,
        "reply_s": seconds_of(watch, 0, len(items) - choices),
        "choice_s": seconds_of(watch, len(items) - choices, len(items)),
        "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
        "scores": {
            f"{row.suite}.{row.metric.name} ({row.split})": row.overall.model_dump(mode="json")
            for row in read_rows(folder / stage.SCORES, SuiteScore)
        },
    }


def seconds_of(watch: Watch, first: int, last: int) -> float:
    """Time spent on the items from `first` to `last`, from the laps of the watch."""
    done, spent = 0, 0.0
    for (_, before), (items, after) in zip(watch.laps, watch.laps[1:], strict=False):
        done += items
        spent += after - before if first < done <= last else 0.0
    return spent


def main() -> None:
    """Prints the times and the figures, and writes them as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="starter")
    parser.add_argument("--limit", type=int, default=BenchmarkSettings().limit)
    parser.add_argument("--out", type=Path, default=None)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        found = measured(chosen.model, chosen.limit, Path(place))
    replies = found["items"] - found["choice_items"]
    print(
        f"loading {found['loading_s']:.1f} s, stage {found['seconds']:.1f} s ({found['cpu_s']:.0f} s of CPU), "
        f"resuming {found['resume_s']:.2f} s"
    )
    print(f"{replies} reply items in {found['reply_s']:.1f} s: {replies / found['reply_s']:.2f} items/s")
    print(
        f"{found['choice_items']} choice items in {found['choice_s']:.1f} s: "
        f"{found['choice_items'] / found['choice_s']:.2f} items/s; peak memory {found['peak_gb']:.1f} GB"
    )
    for name, score in found["scores"].items():
        rate = Rate.model_validate(score)
        print(
            f"{name:<40}{rate.value or 0.0:>8.3f} [{rate.low or 0.0:.3f}, {rate.high or 0.0:.3f}] "
            f"n={rate.of} undetermined={rate.undetermined}"
        )
    if chosen.out is not None:
        chosen.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
