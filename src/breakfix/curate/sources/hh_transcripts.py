r"""Preference pairs from Anthropic's HH-RLHF transcripts (arXiv 2204.05862), plain or gzip.

Each line holds two transcripts under `chosen` and `rejected`; turns begin with "\n\nHuman:" and "\n\nAssistant:".
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from breakfix.curate.sources import _files as files
from breakfix.protocols import Source
from breakfix.records import Conversation, Harm, Intent, Message, PreferencePair, assistant, user

_TURN = re.compile(r"(?:^|\n\n)(Human|Assistant):")


@dataclass(frozen=True, slots=True)
class HhTranscripts:
    """A file of transcript pairs."""

    path: Path
    licence: str
    harm: Harm
    intent: Intent

    def rows(self) -> Iterator[PreferencePair]:
        """One pair per line, in file order.

        Transcripts that differ before their last turn, or do not end with the assistant, come out with an empty prompt
        or answer, so that curation drops and counts them. Raises ConfigError that names a line it cannot read.
        """
        for number, row in files.json_rows(self.path):
            where = f"{self.path}, line {number}"
            chosen, rejected = (transcript(str(files.needed(row, (side,), where))) for side in ("chosen", "rejected"))
            shared = chosen[:-1] if chosen[:-1] == rejected[:-1] else ()
            yield PreferencePair(
                id=f"{self.path.name}#{number}",
                prompt=shared,
                chosen=_last_reply(chosen),
                rejected=_last_reply(rejected),
                harm=self.harm,
                intent=self.intent,
                group=f"{self.path.name}/{number}",
                provenance=files.origin(self.path, number, self.licence),
            )


def source(*, path: Path, licence: str = "MIT", harm: Harm = Harm.OTHER, intent: Intent = "harmful") -> Source:
    """Pairs of the transcripts in `path`; choose `intent = "benign"` and `harm = "none"` for the helpful subsets.

    In the harmless subsets the chosen side is only the better of two: a judge reads both sides before training, and
    pairs whose chosen side is itself harmful are dropped. Raises ConfigError when the file is missing.
    """
    return HhTranscripts(files.existing(path), licence, harm, intent)


def transcript(text: str) -> Conversation:
    r"""The turns of a transcript; text before the first "\n\nHuman:" is left out."""
    parts = _TURN.split(text)[1:]
    return tuple(_turn(speaker, said.strip()) for speaker, said in zip(parts[::2], parts[1::2], strict=True))


def _turn(speaker: str, said: str) -> Message:
    return user(said) if speaker == "Human" else assistant(said)


def _last_reply(turns: Conversation) -> str:
    return turns[-1].text if turns and turns[-1].role == "assistant" else ""
