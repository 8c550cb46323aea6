"""How fast drafts are cleaned, in how much memory, and how well planted near-duplicates are found.

    python benchmarks/curation_speed.py [ROWS ...]

Made-up rows, a tenth of them copies of earlier ones with one word replaced; 5,000, 20,000 and 80,000 by default.
"""

import argparse
import random
import resource
import time

from breakfix.curate.clean import clean
from breakfix.curate.decontaminate import Measuring
from breakfix.curate.drafts import Draft
from breakfix.curate.overlap import similarity
from breakfix.plugins import make
from breakfix.records import Goal, Harm, Provenance, user

THRESHOLD = 0.8
PLANTED_SHARE = 0.1
WORDS = [f"{a}{b}{c}" for a in "bdfgklmnprst" for b in "aeiou" for c in ("n", "r", "st", "l")]
CAUSE = Provenance(source="made", row="0", licence="CC0", operation="source", written_by="dataset", round=1)


def draft(text: str, number: int) -> Draft:
    """A harmless row that asks `text`."""
    goal = Goal(
        id=str(number),
        harm=Harm.NONE,
        text=text,
        intent="benign",
        group=str(number),
        split="train",
        source="made",
        licence="CC0",
    )
    return Draft(
        kind="sft",
        lesson="ordinary",
        goal=goal,
        prompt=(user(text),),
        rank=(number,),
        provenance=CAUSE,
        answer="So it is.",
    )


def changed(text: str, rng: random.Random) -> str:
    """`text` with one word replaced."""
    tokens = text.split()
    tokens[rng.randrange(len(tokens))] = "changed"
    return " ".join(tokens)


def measure(rows: int) -> None:
    """Prints one line for that many rows, a tenth of them planted near-duplicates of earlier ones."""
    rng = random.Random(rows)  # noqa: S311 - a benchmark
    fresh = [" ".join(rng.choices(WORDS, k=rng.randint(15, 45))) for _ in range(int(rows * (1 - PLANTED_SHARE)))]
    originals = [rng.choice(fresh) for _ in range(rows - len(fresh))]
    planted = [changed(text, rng) for text in originals]
    near = {text for text, original in zip(planted, originals, strict=True) if similarity(text, original) >= THRESHOLD}
    drafts = [draft(text, number) for number, text in enumerate([*fresh, *planted])]
    measuring = Measuring(make("goals", "packaged").goals(), THRESHOLD)
    start = time.process_time()
    result = clean(drafts, measuring, THRESHOLD)
    seconds = time.process_time() - start
    kept = {draft.goal.text for draft in result.kept}
    dropped = {draft.goal.text for draft in drafts} - kept
    recall = len(near & dropped) / len(near)
    precision = len(near & dropped) / len(dropped)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(
        f"{rows:>9,} rows  {seconds:7.1f} CPU-s  {rows / seconds:9,.0f} rows/CPU-s  {peak:5.2f} GB  "
        f"recall {recall:.3f}  precision {precision:.3f}"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", type=int, nargs="*", default=[5_000, 20_000, 80_000])
    for size in parser.parse_args().rows:
        measure(size)
