"""The formats of chat completions and of plain ones: a conversation as a request, a response as a reply."""

from typing import Any, Literal

from pydantic import BaseModel, ValidationError

from breakfix.records import Conversation, Reply, Sampling

_EMPTY = Reply(text="", finish="failed", failure="the conversation has no turns")
_OPEN = Reply(
    text="", finish="failed", failure="an endpoint cannot go on in an assistant turn; use a local target for prefilling"
)
_NOT_PLAIN = Reply(text="", finish="failed", failure="a plain completion is asked for with a single user turn")
SEEDS = 2**31
"""Seeds that a server takes are below this."""

LimitKey = Literal["max_tokens", "max_completion_tokens"]


class _Message(BaseModel):
    content: str | None = None
    refusal: str | None = None


class _Choice(BaseModel):
    message: _Message | None = None
    text: str | None = None
    """Of a plain completion."""
    finish_reason: str | None = None


class _Response(BaseModel):
    choices: list[_Choice]
    usage: dict[str, Any] | None = None


class _Model(BaseModel):
    id: str


class _Models(BaseModel):
    data: list[_Model]


def request_body(
    model: str, conversation: Conversation, *, sampling: Sampling, seed: int, limit_key: LimitKey, chat: bool = True
) -> dict[str, Any]:
    """The JSON body that asks `model` for the next assistant turn, or without `chat` to go on after the first one."""
    messages = [{"role": message.role, "content": message.text} for message in conversation]
    body: dict[str, Any] = {
        "model": model,
        **({"messages": messages} if chat else {"prompt": conversation[0].text}),
        limit_key: sampling.max_new_tokens,
        "temperature": sampling.temperature,
    }
    if sampling.temperature > 0:
        body |= {"top_p": sampling.top_p, "seed": seed}
    return body


def unsendable(conversation: Conversation, *, chat: bool) -> Reply | None:
    """The failed reply to a conversation that no server can be sent; None for one that can."""
    if not conversation:
        return _EMPTY
    if not chat:
        return None if [message.role for message in conversation] == ["user"] else _NOT_PLAIN
    return _OPEN if conversation[-1].role == "assistant" else None


def parse_response(data: bytes) -> Reply | str:
    """The reply in a response body, or what is wrong with the body."""
    try:
        response = _Response.model_validate_json(data)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in problem["loc"]) or "body"
        return f"the server sent something that is not a chat completion ({place}: {problem['msg']})"
    if not response.choices:
        return "the server sent no choices"
    choice = response.choices[0]
    text = choice.text if choice.message is None else choice.message.content
    if text is None and choice.message is not None:
        text = choice.message.refusal
    if text is None:
        return f"the server sent no text (finish_reason {choice.finish_reason!r:.40})"
    finish = "length" if choice.finish_reason == "length" else "stop"
    return Reply(
        text=text,
        finish=finish,
        tokens=_tokens(response.usage, "completion_tokens"),
        prompt_tokens=_tokens(response.usage, "prompt_tokens"),
    )


def parse_models(data: bytes) -> frozenset[str] | None:
    """The names in a list of models; None where it is none."""
    try:
        return frozenset(model.id for model in _Models.model_validate_json(data).data)
    except ValidationError:
        return None


def _tokens(usage: dict[str, Any] | None, kind: str) -> int:
    count = (usage or {}).get(kind)
    return count if isinstance(count, int) and count >= 0 else 0
