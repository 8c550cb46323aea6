"""Preference pairs from a JSON lines file: prompt, chosen and rejected, as texts or as lists of messages."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from breakfix.curate.sources import _files as files
from breakfix.protocols import Source
from breakfix.records import Conversation, Harm, Intent, PreferencePair


@dataclass(frozen=True, slots=True)
class PreferenceFile:
    """A file of preferences."""

    path: Path
    licence: str
    harm: Harm
    intent: Intent

    def rows(self) -> Iterator[PreferencePair]:
        """One pair per line, in file order; raises ConfigError that names a line it cannot read."""
        for number, row in files.json_rows(self.path):
            where = f"{self.path}, line {number}"
            harm, intent = files.meaning(row, self.harm, self.intent, where)
            chosen, rejected = (files.needed(row, (name,), where) for name in ("chosen", "rejected"))
            yield PreferencePair(
                id=f"{self.path.name}#{number}",
                prompt=_prompt(row, where),
                chosen=files.reply_text(chosen, where),
                rejected=files.reply_text(rejected, where),
                harm=harm,
                intent=intent,
                group=str(row.get("group", f"{self.path.name}/{number}")),
                provenance=files.origin(self.path, number, self.licence),
            )


def source(*, path: Path, licence: str, harm: Harm = Harm.NONE, intent: Intent = "benign") -> Source:
    """Pairs of the file `path` (plain or gzip) under `licence`; columns `prompt`, `chosen` and `rejected`.

    Without a `prompt`, both sides are whole chats with one beginning, as in UltraFeedback; chats that differ before the
    last turn make no pair and are dropped. `harm` and `intent` hold for rows without columns of these names. Raises
    ConfigError when the file is missing.
    """
    return PreferenceFile(files.existing(path), licence, harm, intent)


def _prompt(row: files.Row, where: str) -> Conversation:
    """The shared prompt; empty where the two sides have none in common."""
    if "prompt" in row:
        return files.conversation(row["prompt"], where)
    chosen, rejected = (files.conversation(row[name], where) for name in ("chosen", "rejected"))
    return chosen[:-1] if chosen[:-1] == rejected[:-1] else ()
