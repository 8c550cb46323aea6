"""ASSERT's three ways to make related cases of a goal: said otherwise, in other contexts, with a false hint.

Mei et al., "ASSERT: Automated Safety Scenario Red Teaming for Evaluating the Robustness of Large Language Models"
(arXiv 2310.09624). Each way comes by rule, and as a dialogue with an adversary model; a case knows its parent.
"""

import re
from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from breakfix.protocols import Ask
from breakfix.records import Goal, Message, user
from breakfix.red_team.adversary import read_list
from breakfix.red_team.search.nearness import kept_share, overlap
from breakfix.red_team.search.rewriting import TASKS
from breakfix.red_team.search.templates import filled, texts
from breakfix.red_team.wording import substitute

NUMBER = 5
"""Cases per goal, contexts per goal and cases per context, as in the paper."""
NEAREST = 0.5
"""Share of a goal's content that a paraphrase keeps; the paper compares sentence embeddings."""
APART = 0.7
"""ROUGE-L from which two bootstrapped cases are one."""
DELIMITER, STOP = ";;;", "!!!"
FRAMES, CONTEXTS = texts("frames"), texts("contexts")
HINTS: Mapping[Literal["false", "irrelevant"], Mapping[str, str]] = {
    "false": texts("hints"),
    "irrelevant": texts("irrelevant_hints"),
}
_HOW = re.compile(
    r"^how\s+(?:to|(?:do|can|could|would|should|might)\s+(?:i|you|we|one|somebody|someone))\s+", re.IGNORECASE
)

Method = Literal["augmentation", "bootstrapping", "injection"]


@dataclass(frozen=True, slots=True)
class Case:
    """One related case."""

    name: str
    """Which rule made it, or `model` and its number."""
    text: str
    parent: str
    """Id of the goal that it was made from."""
    method: Method
    by: Literal["rule", "model"]
    context: str = ""


Cases = Generator[Ask, Message, tuple[Case, ...]]
"""A dialogue with the adversary that ends in cases."""


def paraphrases(goal: Goal) -> tuple[Case, ...]:
    """The goal said otherwise, by rule: another frame around the same act."""
    act = _act(goal.text)
    kind, said = ("act", act) if act else ("whole", goal.text)
    frames = {name.removesuffix(f"_{kind}"): text for name, text in FRAMES.items() if name.endswith(f"_{kind}")}
    return tuple(
        Case(name, substitute(text, act=said, goal=said), goal.id, "augmentation", "rule")
        for name, text in frames.items()
    )


def contexts(goal: Goal) -> tuple[Case, ...]:
    """The goal in everyday situations, by rule."""
    return tuple(
        Case(name, filled(text, goal.text), goal.id, "bootstrapping", "rule", name) for name, text in CONTEXTS.items()
    )


def hinted(goal: Goal, kind: Literal["false", "irrelevant"] = "false") -> tuple[Case, ...]:
    """The goal with a hint behind it: a false one, or (the control) one that has nothing to do with it."""
    return tuple(
        Case(name, with_hint(goal.text, hint), goal.id, "injection", "rule") for name, hint in HINTS[kind].items()
    )


def with_hint(text: str, hint: str) -> str:
    """A text that ends with the hint."""
    return f"{text} (Hint: {hint})"


def written_paraphrases(goal: Goal, examples: Sequence[str] = ()) -> Cases:
    """Paraphrases by the adversary that keep to the goal and are none of its copies."""
    found = yield from _listed("paraphrase", goal.text, examples)
    near = [text for text in found if kept_share(text, goal.text) >= NEAREST and overlap(text, goal.text) < 1.0]
    return _by_model(goal, near, "augmentation")


def written_contexts(goal: Goal, examples: Sequence[str] = ()) -> Generator[Ask, Message, tuple[str, ...]]:
    """Situations in which somebody might ask for the goal."""
    return (yield from _listed("contexts", goal.text, examples))


def bootstrapped(goal: Goal, situations: Sequence[str]) -> Cases:
    """What might be asked in each of `situations`: up to five cases each, no two nearly alike."""
    found: list[Case] = []
    for context in situations:
        texts_found = yield from _listed("actions", goal.text, context=context)
        for text in texts_found:
            if all(overlap(text, other.text) < APART for other in found):
                found.append(Case(f"model{len(found) + 1}", text, goal.id, "bootstrapping", "model", context))
    return tuple(found)


def written_hints(goal: Goal, examples: Sequence[str] = ()) -> Cases:
    """The goal with claimed benefits of its act, written by the adversary, as hints."""
    found = yield from _listed("benefits", goal.text, examples)
    return _by_model(goal, [with_hint(goal.text, hint) for hint in found], "injection")


def _listed(
    task: str, goal: str, examples: Sequence[str] = (), *, context: str = ""
) -> Generator[Ask, Message, tuple[str, ...]]:
    shown = substitute(TASKS["list_example"], list=f" {DELIMITER} ".join(examples)) + "\n" if examples else ""
    asked = substitute(
        TASKS[task],
        number=str(NUMBER),
        delimiter=DELIMITER,
        stop=STOP,
        examples=shown,
        context=context,
        goal=goal,
    )
    reply = yield Ask((user(asked),), to="adversary")
    return read_list(reply.text, TASKS[task], delimiter=DELIMITER, stop=STOP)[:NUMBER]


def _by_model(goal: Goal, found: Iterable[str], method: Method) -> tuple[Case, ...]:
    return tuple(Case(f"model{number}", text, goal.id, method, "model") for number, text in enumerate(found, start=1))


def _act(text: str) -> str:
    """What a `How do I …?` asks about; '' for any other text."""
    return _HOW.sub("", text).rstrip(" ?.!") if _HOW.match(text) and text.count("?") <= 1 else ""
