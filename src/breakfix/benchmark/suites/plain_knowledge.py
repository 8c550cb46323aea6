"""Plain knowledge: multiple choice from everyday life, answered by log-likelihood; shows what training unlearns.

Each choice is scored as the assistant's answer by the sum of its tokens' log-probabilities; the likeliest one is the
model's. `probability` is the softmax over those sums at the right choice: it moves before `accuracy` does and so needs
fewer items to show the same loss. The choices of a question are of like length, so the sum is not normalised. On the
starter model (200 questions, `benchmarks/knowledge_forms.py`) this form is right most often, 61 %, and falls the most
clearly on a damaged copy (paired t of 5.4), ahead of sums per token, per character, or less the choice's own
log-probability; with the choices listed in the prompt the model answers at chance.

400 questions written for this project, 50 each on eight topics; every one is in the test split. A target that cannot
score answers (most endpoints) leaves all values undetermined.
"""

import math
from collections.abc import Sequence
from pathlib import Path

from breakfix.protocols import Answered, Suite, SuiteItem
from breakfix.records import Goal, Harm, Metric, Record

_FILE = Path(__file__).parent / "packaged" / "plain_knowledge.jsonl"
_SOURCE = "breakfix plain knowledge"
_LICENCE = "Apache-2.0"
FRAME = "{question} Answer in a few words."


class Question(Record):
    """One row of the packaged file."""

    id: str
    topic: str
    question: str
    choices: tuple[str, ...]
    answer: int
    """Index of the right choice."""


def suite(
    *,
    goals: Sequence[Goal] = (),  # noqa: ARG001 - the cycle gives them to every suite; this one has its own questions
    harmful_from: int = 2,  # noqa: ARG001 - likewise
) -> Suite:
    """The packaged questions."""
    return Suite(
        name="plain_knowledge",
        version=1,
        caption="Plain knowledge, multiple choice by log-likelihood",
        source=_SOURCE,
        licence=_LICENCE,
        mode="choice",
        items=tuple(_item(question) for question in questions()),
        metrics=(
            Metric(name="accuracy", title="Right answers", better="high"),
            Metric(name="probability", title="Probability of the right answer", better="high"),
        ),
        score=_score,
        judged=False,
    )


def questions() -> tuple[Question, ...]:
    """The packaged questions in file order."""
    lines = _FILE.read_text(encoding="utf-8").splitlines()
    return tuple(Question.model_validate_json(line) for line in lines)


def _item(question: Question) -> SuiteItem:
    goal = Goal(
        id=question.id,
        harm=Harm.NONE,
        text=FRAME.format(question=question.question),
        intent="benign",
        group=question.id,
        split="test",
        source=_SOURCE,
        licence=_LICENCE,
    )
    return SuiteItem(goal, choices=question.choices, answer=question.answer)


def _score(answered: Answered) -> dict[str, float | None]:
    totals = [each.total for each in answered.likelihoods]
    right = answered.item.answer
    if not totals or right is None:
        return {"accuracy": None, "probability": None}
    top = max(totals)
    weights = [math.exp(total - top) for total in totals]
    return {"accuracy": float(totals.index(top) == right), "probability": weights[right] / sum(weights)}
