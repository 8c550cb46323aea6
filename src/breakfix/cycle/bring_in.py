"""Another tool's recorded attacks become stage 4 of a round, judged by the run's own judge."""

from pathlib import Path, PurePath

from breakfix.config import Config
from breakfix.cycle.loop import open_for
from breakfix.cycle.parts import Parts, make_parts
from breakfix.cycle.rounds import Cycle, import_round
from breakfix.cycle.stages import StageKey, begun_parts
from breakfix.errors import ConfigError
from breakfix.protocols import Progress
from breakfix.records import Attempt
from breakfix.red_team.recorded import READERS, Recording, attempts_of
from breakfix.red_team.recorded import stage as recorded
from breakfix.store import journal
from breakfix.store.digest import file_digest
from breakfix.store.manifest import Manifest
from breakfix.store.outcome import StageOutcome
from breakfix.store.run_folder import RunFolder


def bring_in(
    config: Config,
    tool: str,
    file: Path,
    *,
    number: int,
    runs: Path,
    same_model: bool,
    bad_rows: float,
    progress: Progress,
) -> tuple[StageKey, Manifest]:
    """Makes the red-team stage of round `number` of what `tool` recorded in `file`, instead of attacking.

    The replies must be those of the round's model: a finding on another model's words says nothing about this one.
    Unless the file names the target, the user has to vouch for it by `same_model`; a trained checkpoint has no name of
    its own, so after round 0 always. Raises ConfigError for an unknown
    tool, for another model and for a round that was attacked, GoalFileError for a file that cannot be read.
    """
    reader = READERS.get(tool)
    if reader is None:
        raise ConfigError(f"no reader for {tool!r}", where="import", hint=f"one of: {', '.join(READERS)}")
    recording = reader(file, bad_rows=bad_rows)
    parts = make_parts(config)
    _same_model(recording, parts, number, vouched=same_model)
    run = open_for(config, runs, parts)
    _not_attacked(run, number)
    attempts = attempts_of(recording, parts.goals, seed=config.seed)
    with run.writing():
        digest = file_digest(file)
        journal.note(run.root, "imported", tool=tool, file=file.name, sha256=digest, answered_by=recording.model)
        manifest = import_round(
            Cycle(run, parts, progress),
            number,
            {"tool": tool, "sha256": digest, "vouched": same_model},
            lambda folder: _judge(folder, recording, attempts, parts, progress),
        )
    return StageKey(number, "red_team"), manifest


def _judge(
    folder: Path, recording: Recording, attempts: list[Attempt], parts: Parts, progress: Progress
) -> StageOutcome:
    return recorded.run(
        folder,
        recording=recording,
        attempts=attempts,
        judge=parts.judge,
        baseline=parts.baseline,
        harmful_from=parts.config.judge.harmful_from,
        chunk=parts.config.red_team.chunk,
        progress=progress,
    )


def _same_model(recording: Recording, parts: Parts, number: int, *, vouched: bool) -> None:
    answered, target = _short(recording.model), parts.unfixed
    known = {_short(target.name), _short(str(target.identity.get("model") or ""))} - {""}
    if number and not vouched:
        raise ConfigError(
            f"no name in a file tells the model of round {number} from that of another round",
            where=recording.where,
            hint=f"say --same-model if what round {number} trained wrote these replies "
            f"(breakfix serve … --round {number})",
        )
    if not vouched and answered not in known:
        raise ConfigError(
            f"the replies were written by {recording.model or 'a model that the file does not name'}, "
            f"and the target of this run is {target.name}",
            where=recording.where,
            hint="say --same-model if it is the same one; otherwise take only its goals, "
            f'goals = ["packaged", {{ plugin = "{recording.tool}", path = "{PurePath(recording.where).name}" }}], '
            "and attack",
        )


def _short(name: str) -> str:
    return PurePath(name).name.casefold()


def _not_attacked(run: RunFolder, number: int) -> None:
    begun = begun_parts(run.stage(number, "red_team"))
    if begun is not None and recorded.IMPORTED not in begun:
        raise ConfigError(
            f"round {number} of this run was attacked already, and recorded attempts are never mixed with its own",
            where=run.name,
            hint="give the import a run of its own: another `name` in the configuration",
        )
