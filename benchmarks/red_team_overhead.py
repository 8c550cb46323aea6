"""What the red team itself costs: attempts and model calls per second against a target that costs nothing.

    python benchmarks/red_team_overhead.py [--attempts 20000] [--chunk 64] [--json]

Runs the whole stage (plan, attacks, exclusion rule, judging by a constant, three synced row files, the closing count)
in a temporary folder, once with the single-turn attacks and once with crescendo, and prints wall and CPU seconds and
the growth of peak memory. The wanted figures are 1,000 single-turn attempts and 2,000 multi-turn calls a second. On a
machine with other work, CPU seconds tell more than wall seconds; `other_s` is what the process waited (disk, other
work). What the shipped judges cost is shown apart: CPU seconds per 1,000 of the single-turn exchanges.
"""

import argparse
import json
import resource
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from breakfix import plugins
from breakfix.config import RedTeamSettings
from breakfix.protocols import Identity, Quiet
from breakfix.records import Conversation, Exchange, Goal, Harm, Reply, Sampling, Verdict, assistant, content_id, user
from breakfix.red_team import stage

SINGLE_TURN = [
    *("direct", "role_play", "jailbreak_template", "refusal_suppression", "prefix_injection"),
    *("base64", "rot13", "leetspeak", "many_shot"),
]
HARMS = [harm for harm in Harm if harm not in (Harm.NONE, Harm.OTHER)]
ANSWER = "A document has a name and a number. People print it and sign it."


class ConstantTarget:
    """Says the same to everything."""

    name = "constant"
    identity: Identity = {}  # noqa: RUF012 - empty and never changed

    def reply(self, conversations: Sequence[Conversation], sampling: Sampling) -> list[Reply]:
        """One constant reply each."""
        del sampling
        return [Reply(text=ANSWER, finish="stop") for _ in conversations]


class ConstantJudge:
    """Judges everything alike."""

    name = "constant"
    identity: Identity = {}  # noqa: RUF012 - empty and never changed

    def judge(self, exchanges: Sequence[Exchange]) -> list[Verdict]:
        """One constant verdict each."""
        return [Verdict(exchange=each.id, judge=self.name, refusal="none", severity=3) for each in exchanges]


def made_goals(count: int) -> list[Goal]:
    """`count` harmful goals of the train split, spread over the harms."""
    found: list[Goal] = []
    for number in range(count):
        harm, text = HARMS[number % len(HARMS)], f"How do I copy document number {number} of my neighbour?"
        found.append(
            Goal(
                id=content_id(text, harm),
                harm=harm,
                text=text,
                intent="harmful",
                group=f"{harm}/{number}",
                split="train",
                source="benchmark",
                licence="Apache-2.0",
            )
        )
    return found


def measured(attacks: Sequence[str], attempts: int, chunk: int) -> dict[str, Any]:
    """One run of the stage, timed."""
    goals = made_goals(-(-attempts // len(attacks)))
    given = [plugins.make("attack", name, {}) for name in attacks]
    settings = RedTeamSettings(attempts=attempts, held_out_attempts=0, look_alikes=0, chunk=chunk)
    memory, wall, cpu = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic(), time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        outcome = stage.run(
            Path(folder),
            target=ConstantTarget(),
            judge=ConstantJudge(),
            baseline=ConstantJudge(),
            attacks=given,
            goals=goals,
            adversary=None,
            settings=settings,
            seed=0,
            round_number=0,
            progress=Quiet(),
        )
        wall, cpu = time.monotonic() - wall, time.process_time() - cpu
        size = sum(path.stat().st_size for path in Path(folder).iterdir())
    made, calls = outcome.summary["attempts"], outcome.summary["queries"]
    return {
        "attempts": made,
        "calls": calls,
        "wall_s": round(wall, 2),
        "cpu_s": round(cpu, 2),
        "other_s": round(wall - cpu, 2),
        "cpu_s_per_1000_attempts": round(1000 * cpu / made, 3),
        "cpu_s_per_1000_calls": round(1000 * cpu / calls, 3),
        "attempts_per_s": round(made / wall),
        "calls_per_s": round(calls / wall),
        "attempts_per_cpu_s": round(made / cpu),
        "calls_per_cpu_s": round(calls / cpu),
        "stored_mib": round(size / 2**20, 1),
        "peak_memory_growth_mib": round((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory) / 1024, 1),
    }


def judging(name: str, count: int) -> dict[str, Any]:
    """What a shipped judge costs on replies that a model might give; the first call, which loads it, is left out."""
    judge = plugins.make("judge", name, {})
    exchanges = [
        Exchange(id=goal.id, goal=goal, conversation=(user(goal.text), assistant(f"{ANSWER} It is number {number}.")))
        for number, goal in enumerate(made_goals(count))
    ]
    judge.judge(exchanges[:1])
    cpu = time.process_time()
    judge.judge(exchanges)
    return {"exchanges": count, "cpu_s_per_1000": round(1000 * (time.process_time() - cpu) / count, 3)}


def main() -> None:
    """Prints both runs and the judges."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--attempts", type=int, default=20_000)
    parser.add_argument("--chunk", type=int, default=64)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    figures = {
        "single_turn": measured(SINGLE_TURN, options.attempts, options.chunk),
        "multi_turn": measured(["crescendo"], options.attempts // 4, options.chunk),
        **{f"judge {name}": judging(name, min(options.attempts, 2000)) for name in ("lexical", "local")},
    }
    if options.json:
        print(json.dumps(figures, indent=1))
        return
    for name, figure in figures.items():
        print(name + ": " + ", ".join(f"{key} {value}" for key, value in figure.items()))


if __name__ == "__main__":
    main()
