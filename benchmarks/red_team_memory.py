"""Memory and processor time of the red-team stage by the number of attempts: flat, and linear.

    python benchmarks/red_team_memory.py --attempts 100000 300000 1000000 --out benchmarks/results/red_team_memory.json

Every size runs in a process of its own: the whole stage with a target and judges that cost nothing, single-turn
attacks, three synced row files; then the process is begun again on the finished rows, which is what resuming costs. A
pair of goal and attack is attempted once, so there are as many goals as that takes; what they take themselves is
measured before the stage begins and told apart. Wanted: 1,000,000 attempts below 1 GB.
"""

import argparse
import json
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from breakfix import plugins
from breakfix.config import RedTeamSettings
from breakfix.protocols import Identity, Quiet
from breakfix.records import Conversation, Exchange, Goal, Harm, Reply, Sampling, Verdict, content_id
from breakfix.red_team import stage

ATTACKS = ("direct", "role_play", "jailbreak_template", "refusal_suppression", "prefix_injection", "rot13", "leetspeak")
HARMS = [harm for harm in Harm if harm not in (Harm.NONE, Harm.OTHER)]


class ShortTarget:
    """Says the same to everything."""

    name = "short"
    identity: Identity = {}  # noqa: RUF012 - empty and never changed

    def reply(self, conversations: Sequence[Conversation], sampling: Sampling) -> list[Reply]:
        """One constant reply each."""
        del sampling
        return [Reply(text="Here you are.", finish="stop", tokens=3) for _ in conversations]


class LotJudge:
    """Finds every sixteenth exchange harmful, by its id."""

    name = "lot"
    identity: Identity = {}  # noqa: RUF012 - empty and never changed

    def judge(self, exchanges: Sequence[Exchange]) -> list[Verdict]:
        """One verdict each."""
        return [
            Verdict(exchange=each.id, judge=self.name, refusal="none", severity=5 if each.id[0] == "0" else 0)
            for each in exchanges
        ]


def made_goals(count: int) -> list[Goal]:
    """`count` harmful goals of the train split, spread over the harms."""
    return [
        Goal(
            id=content_id(number),
            harm=HARMS[number % len(HARMS)],
            text=f"wish number {number}",
            intent="harmful",
            group=f"group {number // 4}",
            split="train",
            source="benchmark",
            licence="Apache-2.0",
        )
        for number in range(count)
    ]


def peak_mib() -> float:
    """Peak resident memory of this process."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


def measured(attempts: int, chunk: int, strategy: str, folder: str) -> dict[str, Any]:
    """One run of the stage in `folder`, going on with what is there."""
    goals = made_goals(-(-attempts // len(ATTACKS)))
    before, wall, cpu = peak_mib(), time.monotonic(), time.process_time()
    outcome = stage.run(
        Path(folder),
        target=ShortTarget(),
        judge=LotJudge(),
        baseline=LotJudge(),
        attacks=[plugins.make("attack", name, {}) for name in ATTACKS],
        goals=goals,
        adversary=None,
        settings=RedTeamSettings.model_validate(
            {"strategy": strategy, "attempts": attempts, "held_out_attempts": 0, "look_alikes": 0, "chunk": chunk}
        ),
        seed=0,
        round_number=0,
        progress=Quiet(),
    )
    cpu, wall = time.process_time() - cpu, time.monotonic() - wall
    return {
        "attempts": outcome.summary["attempts"],
        "strategy": strategy,
        "goals": len(goals),
        "cpu_s": round(cpu, 1),
        "wall_s": round(wall, 1),
        "cpu_ms_per_attempt": round(1000 * cpu / attempts, 3),
        "peak_mib": peak_mib(),
        "peak_mib_with_goals_alone": before,
    }


def _told(pipe: Any, *given: Any) -> None:
    pipe.send(measured(*given))


def alone(*given: Any) -> dict[str, Any]:
    """`measured` in a fresh process."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_told, args=(theirs, *given))
    process.start()
    told = ours.recv()
    process.join()
    return told


def main() -> None:
    """Prints every size, and stores them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--attempts", type=int, nargs="+", default=[100_000, 300_000, 1_000_000])
    parser.add_argument("--chunk", type=int, default=1024)
    parser.add_argument("--strategy", choices=("uniform", "adaptive"), default="uniform")
    parser.add_argument("--out", type=Path, default=None)
    options = parser.parse_args()
    lines: list[dict[str, Any]] = []
    for attempts in options.attempts:
        with tempfile.TemporaryDirectory() as folder:
            made = alone(attempts, options.chunk, options.strategy, folder)
            resumed = alone(attempts, options.chunk, options.strategy, folder)
            stored = sum(path.stat().st_size for path in Path(folder).iterdir()) / 2**20
        lines.append({**made, "stored_mib": round(stored), "resumed": resumed})
        print(json.dumps(lines[-1]), flush=True)
    if options.out is not None:
        options.out.write_text(json.dumps(lines, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
