"""What the tests of targets share: a tiny random model on disk, and a server on this machine that can misbehave."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

CHAT_ML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)

ENDS = "QXZ!%"


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a two-layer random Llama with grouped queries, a byte tokenizer and a context of 512 tokens.

    Greedy, it writes printable ASCII only and ends a reply with any of the letters in ENDS.
    """
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    folder = tmp_path_factory.mktemp("tiny")
    tokenizer = byte_tokenizer()
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=512,
        initializer_range=0.6,  # far from ties, so that rounding decides no token
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    with torch.random.fork_rng():
        torch.manual_seed(5)
        model = LlamaForCausalLM(config)
    letters = tokenizer.convert_ids_to_tokens(range(len(tokenizer)))
    with torch.no_grad():
        model.lm_head.weight[[place for place, letter in enumerate(letters) if not letter.isascii()]] = 0.0
    model.generation_config.eos_token_id = [tokenizer.eos_token_id, *tokenizer.convert_tokens_to_ids(list(ENDS))]
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def byte_tokenizer() -> Any:
    """A tokenizer whose tokens are single bytes, with ChatML as its chat template."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    inner = Tokenizer(models.BPE(vocab={letter: place for place, letter in enumerate(letters)}, merges=[]))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    marks = {"bos_token": "<|im_start|>", "eos_token": "<|im_end|>", "pad_token": "<|im_end|>"}
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=inner, **marks)
    tokenizer.chat_template = CHAT_ML
    return tokenizer


@dataclass
class Answer:
    """What the server does with one request."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    cut: int = 0
    """Bytes of the body that are announced but not sent."""
    endless: bool = False
    """The body never ends: a byte every hundredth of a second."""
    reset: bool = False
    """The connection is dropped instead."""


@dataclass
class Request:
    """A request as the server got it."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def text(self) -> str:
        """The last turn."""
        return self.body["messages"][-1]["content"]


def completion(text: str, **changes: Any) -> Answer:
    """A well-formed chat completion."""
    message = {"role": "assistant", "content": text}
    body = {"choices": [{"message": message, "finish_reason": "stop"}], "usage": {"completion_tokens": 3}}
    return Answer(body=json.dumps({**body, **changes}).encode())


class Loopback:
    """A chat-completions server in a thread; `behave` decides what a request gets."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.busy = 0
        self.busiest = 0
        self.models: list[str] | None = None
        """Names that it lists; None for a server that lists none."""
        self.behave: Callable[[Request], Answer] = lambda request: completion(f"echo: {request.text}")
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    @property
    def url(self) -> str:
        """Base URL."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    @staticmethod
    def answer(status: int = 200, body: bytes = b"", **more: Any) -> Answer:
        """Any answer, however bad."""
        return Answer(status, body, **more)

    @staticmethod
    def completion(text: str, **changes: Any) -> Answer:
        """A well-formed chat completion, with `changes` to its body."""
        return completion(text, **changes)

    def stop(self) -> None:
        """Shuts the server down; nobody listens at its port afterwards."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                named = [{"id": name} for name in outer.models or ()]
                self._send(Answer(404 if outer.models is None else 200, json.dumps({"data": named}).encode()))

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                request = Request(self.path, dict(self.headers), body)
                with outer._lock:
                    outer.requests.append(request)
                    outer.busy += 1
                    outer.busiest = max(outer.busiest, outer.busy)
                answer = outer.behave(request)
                outer._stopping.wait(answer.delay_s)
                with outer._lock:
                    outer.busy -= 1
                self._send(answer)

            def _send(self, answer: Answer) -> None:
                if answer.reset:
                    self.close_connection = True
                    return
                try:
                    self.send_response(answer.status)
                    for name, value in answer.headers.items():
                        self.send_header(name, value)
                    if not answer.endless:
                        self.send_header("Content-Length", str(len(answer.body) + answer.cut))
                    self.end_headers()
                    self.wfile.write(answer.body)
                    while answer.endless and not outer._stopping.wait(0.01):
                        self.wfile.write(b" ")
                except OSError:
                    return  # a client that has lost its patience
                self.close_connection = answer.cut > 0 or answer.endless

            def log_message(self, *_: Any) -> None:
                """Says nothing."""

        return Handler


@pytest.fixture
def server() -> Iterator[Loopback]:
    """A server that echoes until it is told otherwise."""
    running = Loopback()
    yield running
    running.stop()


@pytest.fixture
def new_server() -> Iterator[Callable[[], Loopback]]:
    """Makes servers that echo until they are told otherwise."""
    running: list[Loopback] = []

    def make() -> Loopback:
        running.append(Loopback())
        return running[-1]

    yield make
    for each in running:
        each.stop()
