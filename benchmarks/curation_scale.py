"""Cleaning at a million rows: seconds, CPU seconds, memory, and what is found of what was planted.

    python benchmarks/curation_scale.py [ROWS ...] [--out benchmarks/results/curation_scale.json]

Made-up rows on disk (100,000, 300,000 and 1,000,000 by default; a prompt of 15 to 45 words, an answer of 60) are read,
cleaned and decontaminated against 5,000 made-up goals. Planted are copies that differ in case and spacing, copies with
one word put in (near-duplicates), copies with several words replaced (below the threshold: they must stay), twins with
one word put in and the other intent (they must stay), and rows that hold a goal whole, in part or nearly. Each size
runs in a process of its own. Peers on the smallest size: rensa fed with sets of words, polars for exact copies.
"""

import argparse
import hashlib
import json
import platform
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from breakfix.canonical import canonical, words
from breakfix.curate.bulk import Examined, examine
from breakfix.curate.candidates import Candidate
from breakfix.curate.decontaminate import Measuring
from breakfix.curate.overlap import ngrams, shingles, similarity
from breakfix.exclusion import suspicious
from breakfix.records import Goal, Harm

THRESHOLD = 0.8
GOALS = 5_000
SHARES = {"copy": 0.05, "near": 0.1, "far": 0.05, "twin": 0.05, "goal": 0.01}
LETTERS = (
    ["b", "c", "d", "f", "g", "h", "k", "l", "m", "n", "p", "r", "s", "t", "v", "w", "z", "st", "tr", "pl"],
    ["a", "e", "i", "o", "u", "ei", "ou"],
    ["", "n", "r", "s", "t", "l", "m", "ck"],
)
MADE = [
    f"{a}{b}{c}{d}" for a in LETTERS[0] for b in LETTERS[1] for c in LETTERS[2] for d in ("", "en", "a", "ing", "o")
]
WORDS = [word for word in MADE if not pc.match_substring_regex(word, suspicious()).as_py()]
WEIGHTS = list(accumulate(1.0 / (rank + 20) for rank in range(len(WORDS))))
COLUMNS = ("prompt", "answer", "intent", "role", "other")


def sentence(rng: random.Random, low: int, high: int) -> str:
    """Words by a law like Zipf's, so that common ones recur as in language."""
    return " ".join(rng.choices(WORDS, cum_weights=WEIGHTS, k=rng.randint(low, high))).capitalize() + "."


def with_word(text: str, rng: random.Random) -> str:
    """`text` with one word put in at an end, or inside a long one."""
    tokens = text.split()
    tokens.insert(rng.choice((0, len(tokens), rng.randrange(len(tokens)))), "changed")
    return " ".join(tokens)


def replaced(text: str, rng: random.Random) -> str:
    """`text` with several words replaced."""
    tokens = text.split()
    for place in rng.sample(range(len(tokens)), max(3, len(tokens) // 8)):
        tokens[place] = rng.choice(WORDS)
    return " ".join(tokens)


def goals() -> list[Goal]:
    """What is measured on."""
    rng = random.Random(-1)  # noqa: S311 - a benchmark
    return [
        Goal(
            id=f"goal/{number}",
            harm=Harm.NONE,
            text=sentence(rng, 12, 25),
            intent="benign",
            group=str(number),
            split="test",
            source="made",
            licence="CC0",
        )
        for number in range(GOALS)
    ]


def write(path: Path, rows: int) -> None:
    """Writes the rows, planted ones after the fresh ones; `other` is the row that a planted one is made from."""
    rng = random.Random(rows)  # noqa: S311 - a benchmark
    measured = [goal.text for goal in goals()]
    fresh = [sentence(rng, 15, 45) for _ in range(rows - sum(int(rows * share) for share in SHARES.values()))]
    left = iter(rng.sample(range(len(fresh)), int(rows * 0.3)))
    make = {
        "copy": lambda text: f"  {text.upper()} ",
        "near": lambda text: with_word(text, rng),
        "far": lambda text: replaced(text, rng),
        "twin": lambda text: with_word(text, rng),
    }
    columns: dict[str, list[Any]] = {name: [] for name in COLUMNS}

    def add(prompt: str, answer: str, intent: str, role: str, other: int | None) -> None:
        for name, value in zip(COLUMNS, (prompt, answer, intent, role, other), strict=True):
            columns[name].append(value)

    for text in fresh:
        add(text, sentence(rng, 60, 60), "benign", "fresh", None)
    for role, share in SHARES.items():
        for number in range(int(rows * share)):
            if role != "goal":
                other = next(left)
                role_now = role
                made = make[role](fresh[other])
                if role in ("near", "twin") and similarity(made, fresh[other]) < THRESHOLD:
                    role_now = "far" if role == "near" else role
                if role == "far" and similarity(made, fresh[other]) >= THRESHOLD:
                    role_now = "near"
                add(made, sentence(rng, 60, 60), "harmful" if role == "twin" else "benign", role_now, other)
                continue
            goal = rng.choice(measured)
            part = " ".join(goal.split()[2:11])
            ways = ((goal.upper(), ""), (with_word(goal, rng), ""), ("", part))
            prompt, answer = ways[number % 3]
            add(prompt or sentence(rng, 15, 45), f"{sentence(rng, 25, 25)} {answer}", "benign", "goal", None)
    pq.write_table(pa.table(columns).take(pa.array(shuffled(len(columns["role"]), rng))), path)


def shuffled(count: int, rng: random.Random) -> list[int]:
    """All numbers below `count` in an order of chance."""
    order = list(range(count))
    rng.shuffle(order)
    return order


def candidates(path: Path) -> Iterator[Candidate]:
    """The rows of a file, a batch at a time."""
    number = 0
    for batch in pq.ParquetFile(path).iter_batches(20_000, columns=["prompt", "answer", "intent"]):
        for prompt, answer, intent in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            yield Candidate(
                key=str(number),
                kind="sft",
                expected=intent,
                group=(intent, "en"),
                order=hashlib.sha256(f"{prompt}\0{answer}".encode()).digest(),
                wish=prompt,
                prompt=(("user", prompt),),
                answers=(answer,),
            )
            number += 1


def measure(path: Path) -> dict[str, Any]:
    """Cleans a file and says what it took and what was found."""
    measuring = Measuring(goals(), THRESHOLD)
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    wall, cpu = time.perf_counter(), time.process_time()
    examined = examine(candidates(path), measuring, THRESHOLD)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "rows": examined.offered,
        "seconds": round(wall, 1),
        "cpu_seconds": round(cpu, 1),
        "rows_per_cpu_second": round(examined.offered / cpu),
        "peak_gib": round(peak / 2**20, 2),
        "start_gib": round(base / 2**20, 2),
        "dropped": examined.reasons(),
        "twins": examined.twins,
        **found(path, examined),
    }


def found(path: Path, examined: Examined) -> dict[str, Any]:
    """Recall and precision on what was planted."""
    table = pq.read_table(path, columns=["prompt", "intent", "role", "other"]).to_pydict()
    roles, texts = table["role"], table["prompt"]
    near = [fate for fate in examined.fates.values() if fate.reason in ("duplicate", "near_duplicate")]
    right = sum(
        similarity(texts[number], texts[fate.into]) >= THRESHOLD
        and table["intent"][number] == table["intent"][fate.into]
        for number, fate in examined.fates.items()
        if fate.into is not None
    )
    planted = sum(role in ("copy", "near") for role in roles)
    goal = {number for number, role in enumerate(roles) if role == "goal"}
    contaminated = {number for number, fate in examined.fates.items() if fate.reason == "contaminated"}
    twins = [number for number, role in enumerate(roles) if role == "twin"]
    return {
        "near_duplicates": {
            "planted": planted,
            "recall": round(min(1.0, len(near) / planted), 5),
            "precision": round(right / len(near), 5),
        },
        "contaminated": {
            "planted": len(goal),
            "recall": round(len(goal & contaminated) / len(goal), 5),
            "precision": round(len(goal & contaminated) / len(contaminated), 5),
        },
        "contrast": {"planted": len(twins), "kept": sum(number not in examined.fates for number in twins)},
    }


def peers(path: Path) -> dict[str, float]:
    """CPU seconds of others on the same rows."""
    import polars as pl
    import rensa

    texts = pq.read_table(path, columns=["prompt"])["prompt"].to_pylist()
    taken: dict[str, float] = {}
    start = time.process_time()
    sets = [shingles(text) for text in texts]
    taken["sets of words, text by text"] = time.process_time() - start
    start = time.process_time()
    index = rensa.RMinHashDeduplicator(threshold=THRESHOLD, num_perm=128, use_lsh=True, num_bands=16, seed=42)
    index.add_pairs([(str(number), own) for number, own in enumerate(map(list, sets))])
    taken["rensa keep-first, of the sets"] = time.process_time() - start
    start = time.process_time()
    plain = [canonical(text) for text in texts]
    pl.Series(plain).unique().len()
    taken["polars exact, of canonical texts"] = time.process_time() - start
    start = time.process_time()
    held = {run for goal in goals() for run in ngrams(words(goal.text), 8)}
    for text in texts:
        held.isdisjoint(ngrams(words(text), 8))
    taken["8-grams, text by text, prompts only"] = time.process_time() - start
    return {name: round(seconds, 2) for name, seconds in taken.items()}


def in_own_process(*arguments: str) -> dict[str, Any]:
    """What this script prints for `arguments`."""
    done = subprocess.run([sys.executable, __file__, *arguments], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def extrapolated(results: list[dict[str, Any]], rows: int) -> dict[str, float]:
    """CPU seconds and memory at `rows` by the line through the two largest sizes, and how far growth is from linear."""
    small, large = results[-2], results[-1]

    def line(name: str) -> float:
        slope = (large[name] - small[name]) / (large["rows"] - small["rows"])
        return large[name] + slope * (rows - large["rows"])

    return {
        "rows": rows,
        "cpu_seconds": round(line("cpu_seconds")),
        "gib": round(line("peak_gib"), 1),
        "cpu_seconds_per_row_largest_over_smallest": round(
            results[0]["rows_per_cpu_second"] / large["rows_per_cpu_second"], 2
        ),
    }


def main() -> None:
    """Runs all sizes, prints and stores the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", type=int, nargs="*", default=[100_000, 300_000, 1_000_000])
    parser.add_argument("--out", type=Path)
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--peers", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure or options.peers:
        print(json.dumps(measure(options.measure) if options.measure else peers(options.peers)))
        return
    report: dict[str, Any] = {"machine": f"{platform.machine()}, Python {platform.python_version()}", "sizes": []}
    with tempfile.TemporaryDirectory() as folder:
        for rows in sorted(options.rows):
            path = Path(folder) / f"{rows}.parquet"
            write(path, rows)
            if not report["sizes"]:
                report["peers_cpu_seconds"] = {"rows": rows, **in_own_process("--peers", str(path))}
            report["sizes"].append(in_own_process("--measure", str(path)))
            print(json.dumps(report["sizes"][-1]), flush=True)
            path.unlink()
    if len(report["sizes"]) > 1:
        report["extrapolated"] = extrapolated(report["sizes"], 10_000_000)
    print(json.dumps(report, indent=1))
    if options.out:
        options.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
