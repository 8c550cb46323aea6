"""Speed of replies through the product, against the best plain `generate` loop and against one prompt at a time.

    OMP_WAIT_POLICY=PASSIVE python benchmarks/generation.py [--repeats 3] [--out benchmarks/results/generation.json]

The starter model greedily answers 32 prompts of about 55 tokens (template included) with up to 96 new tokens, in the
target's own number format. The ways are run in turn, again and again, and each is compared with the product within the
same turn, so that a busy machine disturbs all alike; the table shows medians. `cpu` counts the processor time of all
threads and is the steadier figure where other work runs beside. Wanted: at least 0.9 of the plain loop, and at least
4 times one prompt at a time.
"""

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # read when torch is loaded; spinning threads starve a busy machine

import torch

from breakfix.plugins import make
from breakfix.records import Sampling, user
from breakfix.targets.local.loading import LocalModel, load_model

NEW_TOKENS = 96
BATCH = 32
ALONE = 4
"""Prompts that are answered one at a time; eight times as many would take minutes and say the same."""
THINGS = ("hammer", "spoon", "river", "cloud", "laptop", "train", "bridge", "violin")
QUESTIONS = (
    "What is a {thing}, and what do people use it for in daily life?",
    "Write a short story in which a {thing} is lost and found again by a child.",
    "Explain step by step how a {thing} comes about, for a curious friend of mine.",
    "Name five surprising facts about a {thing} that most people have never heard of.",
)
PROMPTS = tuple(question.format(thing=thing) for thing in THINGS for question in QUESTIONS)


@dataclass(frozen=True)
class Run:
    """One pass over some prompts."""

    prompts: int
    tokens: int
    wall_s: float
    cpu_s: float


@dataclass(frozen=True)
class Line:
    """The median of one way's passes."""

    way: str
    prompts: int
    tokens: int
    wall_s: float
    cpu_s: float
    tokens_per_s: float
    product_faster: float
    """Median over the turns of this way's wall time per prompt, divided by the product's in the same turn."""
    product_faster_cpu: float


def timed(answer: Callable[[Sequence[str]], int], prompts: Sequence[str]) -> Run:
    """Runs `answer`, which returns the number of tokens it made."""
    wall, cpu = time.perf_counter(), time.process_time()
    tokens = answer(prompts)
    return Run(len(prompts), tokens, time.perf_counter() - wall, time.process_time() - cpu)


def through_product(target: Any, prompts: Sequence[str]) -> int:
    """The target's own reply."""
    replies = target.reply([(user(prompt),) for prompt in prompts], Sampling(max_new_tokens=NEW_TOKENS))
    return sum(reply.tokens for reply in replies)


def through_generate(local: LocalModel, cache: str, prompts: Sequence[str]) -> int:
    """A plain loop: batches of 32 in the order given, left-padded, compilation off."""
    tokenizer = local.tokenizer
    tokenizer.padding_side = "left"
    tokens = 0
    for start in range(0, len(prompts), BATCH):
        chats = [[{"role": "user", "content": prompt}] for prompt in prompts[start : start + BATCH]]
        inputs = tokenizer.apply_chat_template(
            chats, add_generation_prompt=True, return_tensors="pt", padding=True, return_dict=True
        ).to(local.device)
        own = {"cache_implementation": "static", "disable_compile": True} if cache == "static" else {}
        with torch.inference_mode():
            output = local.model.generate(**inputs, max_new_tokens=NEW_TOKENS, do_sample=False, **own)
        texts = tokenizer.batch_decode(output[:, inputs.input_ids.shape[1] :], skip_special_tokens=True)
        tokens += sum(len(ids) for ids in tokenizer(texts, add_special_tokens=False)["input_ids"])
    return tokens


def one_at_a_time(answer: Callable[[Sequence[str]], int], prompts: Sequence[str]) -> int:
    """Each prompt in a call of its own."""
    return sum(answer([prompt]) for prompt in prompts)


def measure(target: Any, local: LocalModel, repeats: int) -> list[Line]:
    """All ways in turn, `repeats` times."""
    static, dynamic = (partial(through_generate, local, cache) for cache in ("static", "dynamic"))
    spread = PROMPTS[:: len(PROMPTS) // ALONE]
    ways: dict[str, tuple[Callable[[Sequence[str]], int], Sequence[str]]] = {
        "product": (partial(through_product, target), PROMPTS),
        "generate, static cache": (static, PROMPTS),
        "generate, dynamic cache": (dynamic, PROMPTS),
        "generate, one at a time": (partial(one_at_a_time, dynamic), spread),
    }
    for answer, prompts in ways.values():
        answer(prompts[:1])  # first calls load and allocate
    runs: dict[str, list[Run]] = {way: [] for way in ways}
    for _ in range(repeats):
        for way, (answer, prompts) in ways.items():
            runs[way].append(timed(answer, prompts))
    return [line(way, runs[way], runs["product"]) for way in ways]


def line(way: str, runs: Sequence[Run], product: Sequence[Run]) -> Line:
    """Medians of `runs`, and of their ratios to the product's runs of the same turn."""
    turns = list(zip(runs, product, strict=True))
    per_prompt = [(run.wall_s / run.prompts) / (ours.wall_s / ours.prompts) for run, ours in turns]
    per_prompt_cpu = [(run.cpu_s / run.prompts) / (ours.cpu_s / ours.prompts) for run, ours in turns]
    return Line(
        way=way,
        prompts=runs[0].prompts,
        tokens=runs[0].tokens,
        wall_s=round(statistics.median(run.wall_s for run in runs), 2),
        cpu_s=round(statistics.median(run.cpu_s for run in runs), 2),
        tokens_per_s=round(statistics.median(run.tokens / run.wall_s for run in runs), 1),
        product_faster=round(statistics.median(per_prompt), 2),
        product_faster_cpu=round(statistics.median(per_prompt_cpu), 2),
    )


def table(lines: Sequence[Line]) -> str:
    """The lines as text."""
    head = f"{'way':26}{'prompts':>8}{'tokens':>8}{'wall s':>9}{'cpu s':>9}{'tok/s':>8}{'product ×':>11}{'by cpu':>8}"
    rows = [
        f"{each.way:26}{each.prompts:8}{each.tokens:8}{each.wall_s:9.2f}{each.cpu_s:9.2f}{each.tokens_per_s:8.1f}"
        f"{each.product_faster:11.2f}{each.product_faster_cpu:8.2f}"
        for each in lines
    ]
    return "\n".join([head, *rows])


def main() -> None:
    """Measures, prints and writes."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--repeats", type=int, default=3)
    options.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "generation.json")
    given = options.parse_args()
    target = make("target", "hugging_face", {"batch_size": BATCH})
    identity = dict(target.identity)
    local = load_model(target.checkpoint, dtype=str(identity["dtype"]), device=str(identity["device"]))
    lines = measure(target, local, given.repeats)
    lengths = [len(local.tokenizer.apply_chat_template([{"role": "user", "content": each}])) for each in PROMPTS]
    print(table(lines))
    given.out.parent.mkdir(parents=True, exist_ok=True)
    result = {
        "prompt_tokens": statistics.mean(lengths),
        "new_tokens": NEW_TOKENS,
        "threads": torch.get_num_threads(),
        "repeats": given.repeats,
        "identity": identity,
        "lines": [asdict(each) for each in lines],
    }
    given.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
