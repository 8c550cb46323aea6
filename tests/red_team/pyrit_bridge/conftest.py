"""Scripted models for PyRIT's strategies, and PyRIT itself where it is installed."""

import json
import re
from collections.abc import Callable
from importlib.util import find_spec

import pytest

from breakfix.records import Conversation, Reply

SCHEMA = '"next_message"'
BOOLEAN = re.compile(r'"score_value": \{\s*"type": "boolean"')


def adversary(
    score: str = "20", *, true: Callable[[Conversation], bool] = lambda _: False
) -> Callable[[Conversation], Reply]:
    """An adversary that fills in whatever form the last turn asks for."""

    def answer(conversation: Conversation) -> Reply:
        form = conversation[-1].text
        if SCHEMA in form:
            turn = sum(message.role == "user" for message in conversation)
            filled = {"next_message": f"question {turn}", "rationale": "r", "last_response_summary": "s"}
        elif BOOLEAN.search(form):
            filled = {"score_value": true(conversation), "rationale": "r"}
            if '"metadata"' in form:
                filled |= {"description": "d", "metadata": ""}
        else:
            filled = {"score_value": score, "description": "d", "rationale": "r"}
        return Reply(text=json.dumps(filled), finish="stop")

    return answer


@pytest.fixture(scope="session")
def scripted_adversary() -> Callable[..., Callable[[Conversation], Reply]]:
    return adversary


@pytest.fixture(autouse=True)
def _pyrit_where_it_is_wanted(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("pyrit") and find_spec("pyrit") is None:
        pytest.skip("PyRIT is not installed: pip install 'breakfix[pyrit]'")
