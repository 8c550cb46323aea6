"""How fast PyRIT's strategies run through the bridge, beside PyRIT's own executor, with models that cost nothing.

    python benchmarks/pyrit_bridge.py [--objectives 200]

Needs the extra `pyrit`. Both sides run in this process, one after the other, with PyRIT's memory in SQLite in memory
and the same scripted answers; PyRIT runs 64 objectives at once, the bridge takes chunks of 64 in lock step. Processor
time is what counts on a busy machine. Also says how many rows PyRIT's memory holds afterwards.
"""

import argparse
import asyncio
import json
import time
from collections.abc import Callable, Sequence
from typing import Any

from breakfix import plugins
from breakfix.protocols import Identity
from breakfix.records import Conversation, Goal, Harm, Reply, Sampling
from breakfix.red_team.drive import Models, Planned, drive
from breakfix.red_team.pyrit_bridge import api

CHUNK = 64
STRATEGIES: dict[str, dict[str, Any]] = {
    "pyrit_prompt_sending": {},
    "pyrit_red_teaming": {"max_turns": 3, "scorer": "cues"},
}
FORM = json.dumps({"next_message": "And how is flour made?", "rationale": "", "last_response_summary": ""})
ANSWERS = {"target": "Well, of wheat.", "adversary": FORM}


class Free:
    """Answers at no cost."""

    def __init__(self, name: str) -> None:
        self.identity: Identity = {"version": 1}
        self.name = name
        self.calls = self.batches = 0

    def reply(self, conversations: Sequence[Conversation], sampling: Sampling) -> list[Reply]:
        """The same answer for each."""
        del sampling
        self.calls += len(conversations)
        self.batches += 1
        return [Reply(text=ANSWERS[self.name], finish="stop")] * len(conversations)


def native_target(role: api.Role) -> Any:
    """A PyRIT target that answers at no cost."""
    from pyrit.models import construct_response_from_request

    class Stub(type(api.endpoint("target"))):  # the same capabilities
        async def _send_prompt_to_target_async(self, *, normalized_conversation: Any) -> Any:
            request = normalized_conversation[-1].message_pieces[0]
            return [construct_response_from_request(request=request, response_text_pieces=[ANSWERS[role]])]

    return Stub(to=role)


def goal(number: int) -> Goal:
    """A harmless goal."""
    text = f"How do I bake cake number {number}?"
    own = f"goal{number}"
    return Goal(
        id=own,
        harm=Harm.OTHER,
        text=text,
        intent="harmful",
        group=own,
        split="train",
        source="benchmark",
        licence="Apache-2.0",
    )


def through_the_bridge(attack: Any, goals: Sequence[Goal]) -> None:
    """All goals, a chunk at a time."""
    models = Models(Free("target"), Free("adversary"), Sampling())
    for start in range(0, len(goals), CHUNK):
        chunk = [Planned(each.id, each, attack, "intermediate", 0, 16) for each in goals[start : start + CHUNK]]
        failed = [attempt.failure for attempt in drive(chunk, models, seed=0) if attempt.failure]
        if failed:
            raise SystemExit(f"the bridge failed: {failed[0]}")


def natively(attack: Any, goals: Sequence[Goal]) -> None:
    """The same by PyRIT's executor."""
    from pyrit.executor.attack import AttackExecutor

    strategy = api.build(attack.strategy, attack.scorer, attack.settings, native_target)
    executor = AttackExecutor(max_concurrency=CHUNK)
    done = asyncio.run(executor.execute_attack_async(attack=strategy, objectives=[each.text for each in goals]))
    if len(done.completed_results) != len(goals):
        raise SystemExit("PyRIT failed")


def measured(work: Callable[[], None]) -> tuple[float, float]:
    """Wall and processor seconds."""
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - processor


def rows() -> int:
    """Turns in PyRIT's memory."""
    from sqlalchemy import text

    with api.memory().engine.connect() as connection:
        return int(connection.execute(text('SELECT count(*) FROM "PromptMemoryEntries"')).scalar_one())


def main() -> None:
    """Prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--objectives", type=int, default=200)
    goals = [goal(number) for number in range(parser.parse_args().objectives)]
    print("strategy | side | wall s | processor s | attempts per processor second | rows left")
    for name, options in STRATEGIES.items():
        attack = plugins.make("attack", name, options)
        through_the_bridge(attack, goals[:2])  # imports and prompts are read once
        spent: dict[str, float] = {}
        for side, work in (("bridge", through_the_bridge), ("PyRIT", natively)):
            before = rows()
            wall, spent[side] = measured(lambda work=work, attack=attack: work(attack, goals))
            rate = len(goals) / spent[side]
            print(f"{name} | {side} | {wall:.1f} | {spent[side]:.1f} | {rate:.0f} | {rows() - before}")
        print(f"{name} | ratio | | | {spent['PyRIT'] / spent['bridge']:.2f} |")


if __name__ == "__main__":
    main()
