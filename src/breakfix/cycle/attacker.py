"""The attacker model that evolves: trained on the hunting attempts of a round, it is the next round's adversary.

Its stage is finished only in runs that evolve an attacker, and only when the next round needs it; its folder is
`rounds/NN/6-attacker/`, with the rows (`sft.parquet`, `pairs.parquet`) and what post-training leaves.
"""

from pathlib import Path
from typing import Any

from breakfix.cycle.experience import hunted
from breakfix.cycle.parts import Parts, make_room, make_target, start_checkpoint, trainer_module
from breakfix.cycle.stages import StageKey, finish_stage
from breakfix.errors import UsageError
from breakfix.post_train import stage as post_train
from breakfix.protocols import Progress, Target
from breakfix.records import PreferencePair, SftRow
from breakfix.red_team import stage as red_team
from breakfix.red_team.search.lessons import lessons
from breakfix.store.manifest import Manifest, read_manifest
from breakfix.store.outcome import StageOutcome
from breakfix.store.run_folder import RunFolder
from breakfix.store.training_table import write_table

VERSION = 1
_SFT, _PAIRS = "sft.parquet", "pairs.parquet"


def adversary_of(run: RunFolder, parts: Parts, number: int, progress: Progress) -> Target | None:
    """Who plays the adversary in round `number`: the configured model, or what earlier rounds have made of it.

    Finishes the attacker stages that this needs. Raises ConfigError when the model to evolve cannot be trained, and
    UsageError when an earlier round was not attacked yet.
    """
    if not parts.config.red_team.attacker.evolve:
        return parts.adversary
    adversary = parts.adversary or parts.unfixed
    start_checkpoint(adversary)
    for earlier in range(number):
        manifest = _train(run, parts, earlier, adversary, progress)
        if manifest.summary["trained"]:
            choice = parts.config.red_team.adversary or parts.config.target
            adversary = make_target(choice, run.stage(earlier, "attacker") / "checkpoint")
    return adversary


def _train(run: RunFolder, parts: Parts, number: int, adversary: Target, progress: Progress) -> Manifest:
    """The attacker stage of a round: `adversary` learns from what its attempts, and all others, came to."""
    config, fought = parts.config, run.stage(number, "red_team")
    attempts, verdicts = fought / red_team.ATTEMPTS, fought / red_team.VERDICTS
    if read_manifest(fought) is None:
        raise UsageError(f"stage {StageKey(number, 'red_team')} is not finished yet", hint="make it first")
    settings = config.post_train.model_copy(
        update={"select": config.post_train.select.model_copy(update={"enabled": False})}
    )

    def work(folder: Path) -> StageOutcome:
        own = config.red_team.attacker
        found = lessons(
            hunted([fought]),
            success_from=config.judge.harmful_from,
            most=own.rows,
            per_goal=own.per_goal,
            round_number=number,
        )
        write_table(folder / _SFT, found.sft, SftRow)
        write_table(folder / _PAIRS, found.pairs, PreferencePair)
        summary: dict[str, Any] = {"rows": len(found.sft), "pairs": len(found.pairs)}
        if not (found.sft and settings.sft.enabled) and not (found.pairs and settings.dpo.enabled):
            return StageOutcome(outputs=(_SFT, _PAIRS), summary={"trained": False, **summary}, failures=0)
        make_room(parts)
        done = post_train.run(
            folder,
            sft_rows=folder / _SFT,
            pairs=folder / _PAIRS,
            start=start_checkpoint(adversary),
            trainer_module=trainer_module(config),
            trainer_options=settings.trainer.options,
            settings=settings,
            seed=config.seed,
            progress=progress,
        )
        return StageOutcome(
            outputs=(_SFT, _PAIRS, *done.outputs),
            summary={"trained": True, **summary, **done.summary},
            failures=done.failures,
        )

    return finish_stage(
        run,
        StageKey(number, "attacker"),
        {
            "version": VERSION,
            "trains": post_train.VERSION,
            "attacker": config.red_team.attacker.model_dump(mode="json"),
            "training": settings.model_dump(mode="json", exclude={"launcher", "save_steps", "recipe", "alarms"}),
            "start": dict(adversary.identity),
            "harmful_from": config.judge.harmful_from,
            "seed": config.seed,
        },
        inputs=[attempts, verdicts],
        work=work,
    )
