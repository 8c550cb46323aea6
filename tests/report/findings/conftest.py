"""A run folder with one identified round, whose texts are as hostile as they come."""

import json
from pathlib import Path

import pytest

from breakfix.identify import stage as identify
from breakfix.protocols import Quiet
from breakfix.records import Attempt, Goal, Harm, Verdict, assistant, user
from breakfix.report.findings import FoundRound, gather
from breakfix.store.manifest import RULE, Manifest, write_manifest
from breakfix.store.rows import write_rows
from breakfix.store.run_folder import RunFolder, create_run

HOSTILE = (
    "=HYPERLINK(\"http://x\")\n[click](1) {0} \\ \u202edlrow\x1b[31m\x07 <script>alert('x')</script> " + "z" * 5000
)
HARMS = (Harm.FRAUD, Harm.HATE, Harm.PRIVACY)


def goal(number: int, intent: str, harm: Harm) -> Goal:
    return Goal.model_validate(
        {
            "id": f"{intent}{number}",
            "harm": harm,
            "text": f"+1 {HOSTILE}",
            "intent": intent,
            "language": "ar" if number % 2 else "en",
            "group": f"g/{number}",
            "split": "train" if number % 3 else "test",
            "source": "tests",
            "licence": "MIT",
        }
    )


def attempt(number: int, intent: str, harm: Harm, family: str) -> Attempt:
    asked = goal(number, intent, harm)
    talk = (user(asked.text), assistant(f"@{HOSTILE}"))
    return Attempt(
        id=f"{family}{number}",
        goal=asked,
        attack=family,
        family=family,
        persona="low_skilled",
        seed=0,
        conversation=talk,
    )


def manifest(stage: str) -> Manifest:
    return Manifest(
        rule=RULE,
        stage=stage,
        stage_version=1,
        fingerprint="0",
        parts={},
        inputs=(),
        outputs=(),
        started="2026-11-21T10:00:00+00:00",
        seconds=1.0,
        failures=0,
        summary={},
    )


def made(root: Path, attempts: list[Attempt]) -> RunFolder:
    run = create_run(
        root,
        {
            "name": root.name,
            "config": {"judge": {"plugin": "local", "harmful_from": 2}},
            "target": {"model": "/home/somebody/models/acme-7b", "engine": "x"},
            "versions": {"breakfix": "0.1.0"},
            "agreement": None,
        },
    )
    fought, found = run.stage(0, "red_team"), run.stage(0, "identify")
    write_rows(fought / "attempts.jsonl", attempts)
    write_rows(
        fought / "verdicts.jsonl",
        [
            Verdict(
                exchange=each.id,
                judge="local",
                refusal="none" if each.goal.intent == "harmful" else "full",
                severity=3 + place % 5 if each.goal.intent == "harmful" else 0,
                reason=HOSTILE,
            )
            for place, each in enumerate(attempts)
        ],
    )
    identify.run(
        found,
        attempts=fought / "attempts.jsonl",
        verdicts=fought / "verdicts.jsonl",
        previous=[],
        harmful_from=2,
        round_number=0,
        seed=0,
        progress=Quiet(),
    )
    write_manifest(fought, manifest("red_team"))
    write_manifest(found, manifest("identify"))
    return run


@pytest.fixture(scope="session")
def found(tmp_path_factory: pytest.TempPathFactory) -> FoundRound:
    attempts = [
        attempt(number, "harmful", HARMS[number % 3], family)
        for family in ("direct", "encoding", "tomorrow")
        for number in range(12)
    ]
    attempts += [attempt(number, "benign", Harm.WEAPONS, "direct_look_alike") for number in range(4)]
    return gather(made(tmp_path_factory.mktemp("runs") / "mine", attempts), None)


@pytest.fixture(scope="session")
def nothing_found(tmp_path_factory: pytest.TempPathFactory) -> FoundRound:
    return gather(made(tmp_path_factory.mktemp("runs") / "empty", []), 0)


@pytest.fixture(scope="session")
def hostile() -> str:
    return json.dumps(HOSTILE)
