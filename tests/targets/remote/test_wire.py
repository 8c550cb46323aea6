"""Whatever a server sends becomes a reply or a reason, and whatever a conversation holds can be sent."""

import json

from hypothesis import given
from hypothesis import strategies as st

from breakfix.records import Reply, Sampling, user
from breakfix.targets.remote.wire import parse_response, request_body

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["choices", "message", "content", "refusal", "finish_reason", "usage", "completion_tokens"]
            ),
            inner,
            max_size=4,
        )
    ),
)


@given(st.binary())
def test_no_bytes_raise(data: bytes) -> None:
    assert isinstance(parse_response(data), (Reply, str))


@given(JSON)
def test_no_json_raises_and_every_reply_can_be_stored(value: object) -> None:
    parsed = parse_response(json.dumps(value).encode())
    if isinstance(parsed, Reply):
        assert Reply.model_validate_json(parsed.model_dump_json()) == parsed


@given(st.text())
def test_the_text_of_a_completion_is_the_reply(text: str) -> None:
    text = text.encode("utf-8", "replace").decode()
    parsed = parse_response(json.dumps({"choices": [{"message": {"content": text}}]}).encode())
    assert isinstance(parsed, Reply)
    assert (parsed.text, parsed.finish) == (text, "stop")


@given(st.lists(st.characters(categories=["Cs", "L", "So"])))
def test_every_request_can_be_encoded(letters: list[str]) -> None:
    body = request_body("m", (user("".join(letters)),), sampling=Sampling(), seed=0, limit_key="max_tokens")
    json.dumps(body, ensure_ascii=False).encode("utf-8")
