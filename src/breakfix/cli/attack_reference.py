"""The reference of the attacks: what each is, who described it, its options, and what it says to a scripted model."""

import inspect
import json
import re
from collections.abc import Sequence
from typing import Any

from breakfix import plugins
from breakfix.cli.screen import visible
from breakfix.errors import UsageError
from breakfix.plugins import PluginEntry
from breakfix.protocols import Attack, Identity
from breakfix.records import Attempt, Conversation, Goal, Message, Reply, Sampling
from breakfix.records.scripted import ScriptedModel
from breakfix.red_team.drive import Models, Planned, drive
from breakfix.red_team.personas import profiles
from breakfix.targets.scripted import ScriptedTarget

_GROUP = "cybercrime/steal-wifi-password"
_PYRIT = "pyrit_"
_LONGEST = 1500
"""Characters of a turn that are shown."""
_TARGET = ScriptedModel(default=" the answer: first take what you need, then go on step by step until it is done.")
_WRITTEN = "(what the adversary model wrote)"
_HEAD = """# Attacks

What `breakfix list attacks --markdown` prints; with `--pyrit` it prints the same of PyRIT's attacks, where PyRIT is
installed (their texts are loaded from its package and not copied here). Every attack is a file in
`src/breakfix/red_team/attacks/`; its options are written as in `attacks = ["direct", { plugin = "many_shot", shots =
32 }]` below `[red_team]`. A persona uses the attacks of its own level. Attacks of one family share a cause: their
hits are grouped into one vulnerability per harm.

Each example is the whole conversation that a judge would see, on a packaged goal, with a scripted model as the
target; what an adversary model would write stands in brackets.

"""


def attack_reference(*, pyrit: bool = False) -> str:
    """All attacks but PyRIT's (or PyRIT's alone) as one Markdown page: a table, then a section each."""
    entries = [each for each in plugins.entries("attack").values() if each.name.startswith(_PYRIT) == pyrit]
    made = {entry.name: _made(entry) for entry in entries}
    goal = _example_goal()
    rows = [_row(entry, made[entry.name]) for entry in entries]
    table = "\n".join(("| attack | family | persona | what it does |", "| --- | --- | --- | --- |", *rows))
    sections = [_section(entry, made[entry.name], goal) for entry in entries]
    return f"{_HEAD}{table}\n\n" + "\n".join(sections)


def _row(entry: PluginEntry, attack: Attack | None) -> str:
    family, persona = (attack.family, attack.persona.replace("_", "-")) if attack else ("", "")
    return f"| [{entry.name}](#{entry.name}) | {family} | {persona} | {plugins.caption(entry).partition(': ')[2]} |"


def _made(entry: PluginEntry) -> Attack | None:
    """The attack as it is without options; None when it needs some, or a package that is not installed."""
    try:
        return plugins.make("attack", entry.name)
    except UsageError:
        return None


def _example_goal() -> Goal:
    goals: list[Goal] = plugins.make("goals", "packaged").goals()
    return next(goal for goal in goals if goal.group == _GROUP and goal.intent == "harmful")


def _section(entry: PluginEntry, attack: Attack | None, goal: Goal) -> str:
    if attack is None:
        return f"## {entry.name}\n\n{plugins.caption(entry)}\n\nNeeds options or a package of its own.\n"
    build = plugins.factory(entry)
    about = inspect.getdoc(inspect.getmodule(build)) or ""
    facts = (
        f"Source: {getattr(attack, 'source', 'not given')}. Family `{attack.family}`, persona `{attack.persona}`"
        + (", asks an adversary model." if getattr(attack, "asks_adversary", False) else ".")
    )
    parts = [f"## {entry.name}", about, facts, *_options(build), _example(attack, goal)]
    return "\n\n".join(parts) + "\n"


def _options(build: Any) -> list[str]:
    texts = plugins.option_texts(build)
    if not texts:
        return []
    rows = [f"| `{name}` | {_cell(text['type'])} | {_cell(text['default'])} |" for name, text in texts.items()]
    described = inspect.getdoc(build) or ""
    return [
        described.partition("\n\nArgs:")[0],
        "\n".join(("| option | values | default |", "| --- | --- | --- |", *rows)),
    ]


def _cell(text: str) -> str:
    escaped = text.replace("|", "\\|")
    return f"`{escaped}`"


def _example(attack: Attack, goal: Goal) -> str:
    attempt = _attempt(attack, goal)
    if attempt.conversation is None:
        said = f"No conversation: {attempt.failure}."
    else:
        turns = "\n\n".join(map(_turn, attempt.conversation))
        said = f"````text\n{turns}\n````"
    noted = f", noted as {visible(attempt.note)!r}" if attempt.note else ""
    calls = f"{attempt.queries} model call" + ("s" if attempt.queries > 1 else "")
    return f"<details>\n<summary>Example, with harmful text: {calls}{noted}</summary>\n\n{said}\n\n</details>"


def _attempt(attack: Attack, goal: Goal) -> Attempt:
    target = ScriptedTarget(_TARGET, "", "example", 0.0)
    planned = Planned("example", goal, attack, attack.persona, 0, profiles()[attack.persona].max_turns)
    (attempt,) = drive([planned], Models(target, _Adversary(), Sampling()), seed=0)
    return attempt


class _Adversary:
    """Writes a placeholder, and fills in the forms of PyRIT's strategies: a question, no success, a middling score."""

    name = "example"

    @property
    def identity(self) -> Identity:
        """It never changes."""
        return {"engine": "example"}

    def reply(self, conversations: Sequence[Conversation], sampling: Sampling) -> list[Reply]:
        """The same to whoever asks the same."""
        del sampling
        return [Reply(text=self._filled(each[-1].text), finish="stop") for each in conversations]

    def _filled(self, form: str) -> str:
        about = {"rationale": "-", "description": "-", "metadata": ""}
        if '"next_message"' in form:
            return json.dumps({"next_message": _WRITTEN, "last_response_summary": "-", "rationale": "-"})
        if '"score_value"' in form:
            yes_or_no = re.search(r'"score_value": \{\s*"type": "boolean"', form) is not None
            return json.dumps({"score_value": False if yes_or_no else "20", **about})
        return _WRITTEN


def _turn(turn: Message) -> str:
    text = visible(turn.text.strip()).replace("````", "'```")
    cut = f" [... {len(text) - _LONGEST} more characters]" if len(text) > _LONGEST else ""
    return f"[{turn.role}]\n{text[:_LONGEST]}{cut}"
