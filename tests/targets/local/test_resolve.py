"""A model's name becomes a folder, or an error that says what to do; the hub is one that this test runs itself."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from breakfix.errors import TargetError
from breakfix.targets.local.resolve import resolve_model


class Absent(BaseHTTPRequestHandler):
    """A hub that has nothing, or lets nobody in."""

    def do_GET(self) -> None:
        gated, revision = "gated" in self.path, "/revision/" in self.path and "no-such-branch" in self.path
        code = "GatedRepo" if gated else "RevisionNotFound" if revision else "RepoNotFound"
        self.send_response(403 if gated else 404)
        self.send_header("X-Error-Code", code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_HEAD = do_GET  # noqa: N815 - the name that http.server looks for

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty hub on this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Absent)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_address[1]}")
    # other tests keep the hub library offline for the whole process; this hub is on this machine
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    yield
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_local_folder_stays_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "org" / "model").mkdir(parents=True)
    assert resolve_model(str(tmp_path)) == tmp_path
    assert resolve_model("org/model") == tmp_path / "org" / "model"


@pytest.mark.parametrize("name", ["./nowhere", "/no/such/model", "~/nope", "a/b/c"])
def test_a_missing_folder_is_not_looked_for_on_the_hub(name: str) -> None:
    with pytest.raises(TargetError, match="no such model folder"):
        resolve_model(name)


@pytest.mark.model
def test_a_name_that_the_hub_cannot_have_is_refused() -> None:
    with pytest.raises(TargetError, match="neither a folder") as raised:
        resolve_model("what is this?")
    assert "starter" in str(raised.value)


@pytest.mark.model
@pytest.mark.usefixtures("hub")
@pytest.mark.parametrize(
    ("name", "revision", "what"),
    [
        ("org/absent", None, "the hub has no model 'org/absent'"),
        ("org/absent", "no-such-branch", "at revision 'no-such-branch'"),
        ("org/gated", None, "asks for permission"),
    ],
)
def test_what_the_hub_says_is_passed_on(name: str, revision: str | None, what: str) -> None:
    with pytest.raises(TargetError, match=what) as raised:
        resolve_model(name, revision=revision)
    assert "HF_TOKEN" in str(raised.value)


@pytest.mark.model
def test_an_unreachable_hub_names_the_way_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(TargetError, match="cannot be reached") as raised:
        resolve_model("org/model")
    assert "starter" in str(raised.value)
