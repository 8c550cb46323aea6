"""Rows from a JSON lines file: prompt and answer, prompt and completion, or whole chats in `messages`."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from breakfix.curate.sources import _files as files
from breakfix.protocols import Source
from breakfix.records import Conversation, Harm, Intent, SftRow

_ANSWERS = ("answer", "completion", "response")


@dataclass(frozen=True, slots=True)
class JsonlFile:
    """A file of answered prompts."""

    path: Path
    licence: str
    harm: Harm
    intent: Intent

    def rows(self) -> Iterator[SftRow]:
        """One row per line, in file order; raises ConfigError that names a line it cannot read."""
        for number, row in files.json_rows(self.path):
            where = f"{self.path}, line {number}"
            prompt, answer = _prompt_and_answer(row, where)
            harm, intent = files.meaning(row, self.harm, self.intent, where)
            yield SftRow(
                id=f"{self.path.name}#{number}",
                prompt=prompt,
                answer=answer,
                harm=harm,
                intent=intent,
                group=str(row.get("group", f"{self.path.name}/{number}")),
                provenance=files.origin(self.path, number, self.licence),
            )


def source(*, path: Path, licence: str, harm: Harm = Harm.NONE, intent: Intent = "benign") -> Source:
    """Rows of the file `path` (plain or gzip) under `licence`.

    `harm` and `intent` hold for rows without columns of these names. Rows of harmful intent must hold refusals: a judge
    reads every row before it is trained on. Raises ConfigError when the file is missing.
    """
    return JsonlFile(files.existing(path), licence, harm, intent)


def _prompt_and_answer(row: files.Row, where: str) -> tuple[Conversation, str]:
    if "messages" in row:
        turns = files.conversation(row["messages"], where)
        return turns[:-1], files.reply_text(row["messages"], where)
    prompt = files.conversation(files.needed(row, ("prompt", "messages"), where), where)
    return prompt, files.reply_text(files.needed(row, _ANSWERS, where), where)
