"""The fake that ships: learns by rote, in next to no time, and can be killed and gone on with like a real one."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from breakfix.config import DpoSettings, SftSettings
from breakfix.errors import WeightsError
from breakfix.post_train.layout import EXPOSURE, PhaseName
from breakfix.post_train.rote import Lesson, generalise, learn, lesson_of, loss_of
from breakfix.post_train.schedule import Place, training_order
from breakfix.protocols import StepLog
from breakfix.records import Exposure, PreferencePair, SftRow, TrainingStep
from breakfix.records.scripted import SCRIPTED_FILE, ScriptedModel
from breakfix.store.files import write_atomic
from breakfix.store.rows import write_rows

_MODEL = "model"
_SAVED = "saved_step"


def trainer(
    *,
    sft: SftSettings,
    dpo: DpoSettings,
    seed: int,
    save_steps: int,
    generalise_words: bool = True,
    seconds_per_step: Annotated[float, Field(ge=0.0)] = 0.0,
) -> "ScriptedTrainer":
    """A trainer of scripted models.

    Args:
        sft: Settings of the first phase; epochs, batch size and learning rate are used.
        dpo: Settings of the second phase, likewise.
        seed: Seed of the data order.
        save_steps: Steps between resumable checkpoints.
        generalise_words: Also learn to refuse the content words that refused prompts share and benign ones lack.
        seconds_per_step: How long a step takes, to rehearse with a slow trainer.
    """
    return ScriptedTrainer(
        sft_settings=sft,
        dpo_settings=dpo,
        seed=seed,
        save_steps=save_steps,
        generalise_words=generalise_words,
        seconds_per_step=seconds_per_step,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptedTrainer:
    """Writes prompts into the tables of a ScriptedModel, batch by batch."""

    sft_settings: SftSettings
    dpo_settings: DpoSettings
    seed: int
    save_steps: int
    generalise_words: bool
    seconds_per_step: float

    def sft(self, rows: Sequence[SftRow], start: Path, out: Path, log: StepLog) -> Path:
        """Prompts of harmful rows are refused from then on, all others answered as the row says."""
        return self._train("sft", [lesson_of(row) for row in rows], start, out=out, log=log)

    def dpo(self, pairs: Sequence[PreferencePair], start: Path, out: Path, log: StepLog) -> Path:
        """Likewise, from the chosen answers."""
        return self._train("dpo", [lesson_of(pair) for pair in pairs], start, out=out, log=log)

    def _train(self, phase: PhaseName, lessons: Sequence[Lesson], start: Path, *, out: Path, log: StepLog) -> Path:
        settings = self.sft_settings if phase == "sft" else self.dpo_settings
        ordered = sorted(lessons, key=lambda lesson: lesson.id)
        places = training_order(
            [lesson.id for lesson in ordered],
            [len(lesson.answer) for lesson in ordered],
            epochs=settings.epochs,
            batch=settings.batch_size,
            seed=self.seed,
            phase=phase,
        )
        model = self._steps(phase, [ordered[place.row] for place in places], _read(start), out=out, log=log)
        if self.generalise_words:
            model = generalise(model, ordered)
        write_rows(out / EXPOSURE, [_seen(phase, ordered, *item) for item in enumerate(places)])
        write_atomic(out / _MODEL / SCRIPTED_FILE, model.model_dump_json(indent=1) + "\n")
        return out / _MODEL

    def _steps(
        self, phase: PhaseName, lessons: Sequence[Lesson], model: ScriptedModel, *, out: Path, log: StepLog
    ) -> ScriptedModel:
        settings = self.sft_settings if phase == "sft" else self.dpo_settings
        size, saved = settings.batch_size, _saved_step(out)
        batches = [lessons[first : first + size] for first in range(0, len(lessons), size)]
        for step, batch in enumerate(batches, start=1):
            if step > saved:
                share = step / len(batches)
                log(
                    TrainingStep(
                        phase=phase,
                        step=step,
                        epoch=round(settings.epochs * share, 6),
                        loss=loss_of(model, batch),
                        learning_rate=settings.learning_rate * (1 - share),
                    )
                )
                time.sleep(self.seconds_per_step)
            model = learn(model, batch)
            if step > saved and step % self.save_steps == 0:
                write_atomic(out / _SAVED, str(step))
        return model


def _saved_step(out: Path) -> int:
    """The step to go on after; relearning the earlier ones by rote takes no time."""
    path = out / _SAVED
    return int(path.read_text(encoding="utf-8")) if path.exists() else 0


def _seen(phase: PhaseName, lessons: Sequence[Lesson], position: int, place: Place) -> Exposure:
    lesson = lessons[place.row]
    return Exposure(
        phase=phase,
        position=position,
        epoch=place.epoch,
        id=lesson.id,
        prompt_tokens=len(lesson.prompt.split()),
        completion_tokens=len(lesson.answer.split()),
    )


def _read(start: Path) -> ScriptedModel:
    try:
        return ScriptedModel.model_validate_json((start / SCRIPTED_FILE).read_bytes())
    except (FileNotFoundError, ValidationError):
        raise WeightsError(
            f"there is no readable {SCRIPTED_FILE} here",
            where=str(start),
            hint='the trainer "scripted" trains the target "scripted" only; use trainer "trl" for real models',
        ) from None
