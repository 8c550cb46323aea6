"""How long `breakfix benchmark MODEL --size small` takes, and its generation beside the plain batched loop.

    OMP_WAIT_POLICY=PASSIVE python benchmarks/rai_suite.py [--model starter] [--size small] [--suites a,b] [--data DIR]
        [--limit N] [--chunks 3] [--repeats 3] [--out benchmarks/results/rai_suite.json]

The whole suite is measured in a fresh folder, so that no reply is known; wall time is the stage's own, with judges,
simulated users and scoring. Then conversations that the suite held are answered again in chunks of 64, a few of them
spread over the whole run: by the product's target, and by `generate` of transformers in batches of 32 in the order
given, left-padded, with the faster of a static and a dynamic cache. They take turns and are compared within the turn.
The result is written after the suite and after every turn, so that what was measured outlives a killed script.
Wanted: at most 15 minutes for the starter model on two cores, and at least 0.9 of the plain loop.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # read when torch is loaded; spinning threads starve a busy machine

import torch

from breakfix.cycle.any_model.choose import Wish
from breakfix.cycle.any_model.measure import Done, Request, measure_model
from breakfix.plugins import make
from breakfix.protocols import Quiet
from breakfix.records import Conversation, Exchange, Sampling
from breakfix.store.rows import read_rows
from breakfix.targets.local.loading import LocalModel, load_model

BATCH = 32
CHUNK = 64
NEW_TOKENS = 48
CACHES: dict[str, dict[str, Any]] = {
    "static": {"cache_implementation": "static", "disable_compile": True},
    "dynamic": {},
}


def asked(done: Done) -> list[Conversation]:
    """Every conversation that the target was given, turn by turn, in writing order."""
    exchanges = read_rows(done.run.stage(0, "benchmark") / "exchanges.jsonl", Exchange)
    found = [
        exchange.conversation[:place]
        for exchange in exchanges
        for place, turn in enumerate(exchange.conversation)
        if turn.role == "assistant" and place
    ]
    return list(dict.fromkeys(found))


def by_product(target: Any, conversations: Sequence[Conversation]) -> float:
    """Seconds."""
    began = time.perf_counter()
    target.reply(conversations, Sampling(max_new_tokens=NEW_TOKENS))
    return time.perf_counter() - began


def by_loop(local: LocalModel, cache: str, conversations: Sequence[Conversation]) -> float:
    """Seconds of the plain loop."""
    tokenizer = local.tokenizer
    tokenizer.padding_side = "left"
    began = time.perf_counter()
    for start in range(0, len(conversations), BATCH):
        chats = [
            [{"role": turn.role, "content": turn.text} for turn in each]
            for each in conversations[start : start + BATCH]
        ]
        inputs = tokenizer.apply_chat_template(
            chats, add_generation_prompt=True, return_tensors="pt", padding=True, return_dict=True
        ).to(local.device)
        with torch.inference_mode():
            output = local.model.generate(**inputs, max_new_tokens=NEW_TOKENS, do_sample=False, **CACHES[cache])
        tokenizer.batch_decode(output[:, inputs.input_ids.shape[1] :], skip_special_tokens=True)
    return time.perf_counter() - began


def compared(
    model: str, conversations: Sequence[Conversation], *, chunks: int, repeats: int
) -> Iterator[dict[str, Any]]:
    """The product's speed as a share of the loop's, median over chunks and turns; once more after every turn."""
    target = make("target", "hugging_face", {"model": model, "batch_size": BATCH})
    identity = dict(target.identity)
    local = load_model(target.checkpoint, dtype=str(identity["dtype"]), device=str(identity["device"]))
    whole = [conversations[start : start + CHUNK] for start in range(0, len(conversations), CHUNK)]
    chosen = whole[:: max(1, len(whole) // chunks)][:chunks]
    by_product(target, chosen[0][:1])
    for cache in CACHES:
        by_loop(local, cache, chosen[0][:1])  # first calls load and allocate
    ratios: list[float] = []
    seconds: dict[str, list[float]] = {"product": [], **{cache: [] for cache in CACHES}}
    for part in [part for _ in range(repeats) for part in chosen]:
        ours = by_product(target, part)
        loops = {cache: by_loop(local, cache, part) for cache in CACHES}
        ratios.append(min(loops.values()) / ours)
        for name, took in {"product": ours, **loops}.items():
            seconds[name].append(took)
        yield {
            "conversations": sum(map(len, chosen)),
            "turns": len(ratios),
            "product_over_loop": round(statistics.median(ratios), 3),
            "lowest": round(min(ratios), 3),
            "seconds_per_chunk": {name: round(statistics.median(took), 2) for name, took in seconds.items()},
            "identity": identity,
        }


def main() -> None:
    """Measures, prints and writes."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--model", default="starter")
    options.add_argument("--size", default="small")
    options.add_argument("--suites", default="")
    options.add_argument("--data", type=Path)
    options.add_argument("--limit", type=int)
    options.add_argument("--chunks", type=int, default=3)
    options.add_argument("--repeats", type=int, default=3)
    options.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "rai_suite.json")
    given = options.parse_args()
    wish = Wish(given.size, tuple(filter(None, given.suites.split(","))), given.data, given.limit)
    with tempfile.TemporaryDirectory() as place:
        began, cpu = time.perf_counter(), time.process_time()
        done = measure_model(Request(given.model, wish), runs=Path(place), progress=Quiet(), announce=print)
        wall, cpu = time.perf_counter() - began, time.process_time() - cpu
        conversations = asked(done)
    result: dict[str, Any] = {
        "model": given.model,
        "size": given.size,
        "limit": given.limit,
        "suites": {suite.name: suite.items for suite in done.measured.suites},
        "items": sum(suite.items for suite in done.measured.suites),
        "replies_and_scores": done.reuse.wanted,
        "failures": done.manifest.failures,
        "threads": torch.get_num_threads(),
        "wall_s": round(wall, 1),
        "cpu_s": round(cpu, 1),
        "stage_s": done.manifest.seconds,
    }
    write(result, given.out)
    for generation in compared(given.model, conversations, chunks=given.chunks, repeats=given.repeats):
        result["generation"] = generation
        write(result, given.out)


def write(result: dict[str, Any], path: Path) -> None:
    """Prints and stores what is measured so far."""
    print(json.dumps(result, indent=1), flush=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
