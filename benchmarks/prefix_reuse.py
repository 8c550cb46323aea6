"""What keeping the key/value cache between the turns of a conversation would save at most.

    OMP_WAIT_POLICY=PASSIVE python benchmarks/prefix_reuse.py [--conversations 16] [--turns 4] [--new-tokens 40]

The model holds scripted conversations, all in lock step, as the driver does. For each turn it prints processor
seconds: of the whole batch, of reading its prompts as the product does (`prefill`), and of reading only what is new
since the turn before, on a cache of prompt and reply that costs nothing (`new only`). The last line is the most that
reuse could save.
"""

import argparse
import json
import os
import statistics
import time
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # read when torch is loaded; spinning threads starve a busy machine

import torch

from breakfix.plugins import make
from breakfix.records import Conversation, Sampling, assistant, user
from breakfix.store.randomness import stream
from breakfix.targets.local.chat_prompts import encode_prompts
from breakfix.targets.local.decoding import Continuation, continue_prompts
from breakfix.targets.local.loading import LocalModel, load_model
from breakfix.targets.local.prefill import forward, left_padded, prefill

THINGS = ("bridge", "violin", "river", "train", "lock", "letter", "ladder", "engine")
STEPS = (
    "What is a {thing}, and where does one meet it?",
    "Which parts of it fail first, and why is that so?",
    "You said it well. Please go on from your last sentence and name the steps one by one.",
    "Write that as a short list that a beginner could follow at home.",
    "Now put the most important point of the list into a single plain sentence.",
)


def cpu_s(work: Any) -> tuple[float, Any]:
    """Processor seconds of `work`, all threads together, and what it returned."""
    started = time.process_time()
    result = work()
    return time.process_time() - started, result


def new_only(local: LocalModel, prompts: Sequence[Sequence[int]], known: Sequence[int]) -> float:
    """Processor seconds of reading what is behind the first `known[i]` tokens of each prompt, which are in a cache."""
    with torch.inference_mode():
        state = prefill(local, [prompt[:count] for prompt, count in zip(prompts, known, strict=True)])
        ids, own = left_padded(local, [prompt[count:] for prompt, count in zip(prompts, known, strict=True)])
        mask = torch.cat([state.mask, own], 1)
        positions = (mask.cumsum(-1) - 1).clamp(min=0)[:, state.mask.shape[1] :]
        return cpu_s(lambda: forward(local, ids, mask=mask, positions=positions, cache=state.cache))[0]


def measured(local: LocalModel, options: argparse.Namespace) -> Iterator[dict[str, float]]:
    """A line per turn."""
    talks: list[Conversation] = [(user(STEPS[0].format(thing=THINGS[n % 8])),) for n in range(options.conversations)]
    known = [1] * len(talks)
    for turn in range(options.turns):
        prompts = [ids for ids in encode_prompts(local.tokenizer, talks, limit=local.context) if isinstance(ids, list)]
        whole, written = cpu_s(partial(written_after, local, prompts, options.new_tokens))
        reading = statistics.median(cpu_s(partial(read, local, prompts))[0] for _ in range(options.repeats))
        fresh = statistics.median(new_only(local, prompts, known) for _ in range(options.repeats)) if turn else reading
        yield {
            "turn": turn + 1,
            "prompt_tokens": round(statistics.mean(map(len, prompts)), 1),
            "written_tokens": round(statistics.mean(len(each.ids) for each in written), 1),
            "whole_cpu_s": round(whole, 2),
            "prefill_cpu_s": round(reading, 2),
            "new_only_cpu_s": round(fresh, 2),
        }
        known = [len(prompt) + len(each.ids) for prompt, each in zip(prompts, written, strict=True)]
        said = [local.tokenizer.decode(each.ids, skip_special_tokens=True) for each in written]
        following = STEPS[(turn + 1) % len(STEPS)]
        talks = [(*talk, assistant(text), user(following)) for talk, text in zip(talks, said, strict=True)]


def written_after(local: LocalModel, prompts: Sequence[Sequence[int]], new_tokens: int) -> list[Continuation]:
    """The replies to a batch of prompts."""
    streams = [stream(0, "reply", str(row)) for row in range(len(prompts))]
    return continue_prompts(local, prompts, sampling=Sampling(max_new_tokens=new_tokens), streams=streams)


def read(local: LocalModel, prompts: Sequence[Sequence[int]]) -> None:
    """A batch of prompts, read as the product reads it."""
    with torch.inference_mode():
        prefill(local, prompts)


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="starter")
    parser.add_argument("--conversations", type=int, default=16)
    parser.add_argument("--turns", type=int, default=4)
    parser.add_argument("--new-tokens", type=int, default=40)
    parser.add_argument("--repeats", type=int, default=3, help="of each reading; the median counts")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    target = make("target", "hugging_face", {"model": options.model})
    identity = dict(target.identity)
    local = load_model(target.checkpoint, dtype=str(identity["dtype"]), device=str(identity["device"]))
    continue_prompts(local, [[1, 2, 3]], sampling=Sampling(max_new_tokens=2), streams=[stream(0, "warm", "")])
    lines: list[dict[str, float]] = []
    for line in measured(local, options):
        lines.append(line)
        print(
            json.dumps(line) if options.json else ", ".join(f"{key} {value}" for key, value in line.items()), flush=True
        )
    names = ("whole_cpu_s", "prefill_cpu_s", "new_only_cpu_s")
    whole, reading, fresh = (sum(line[name] for line in lines) for name in names)
    shares = {"prefill_share": round(reading / whole, 3), "most_that_reuse_saves": round((reading - fresh) / whole, 3)}
    print(json.dumps({"dtype": identity["dtype"], **shares}))


if __name__ == "__main__":
    main()
