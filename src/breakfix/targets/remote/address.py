"""Where a server is, and whether a key may be sent there."""

from dataclasses import dataclass
from ipaddress import ip_address

import httpx

from breakfix.errors import ConfigError

_PATH = "/chat/completions"
_PLAIN_PATH = "/completions"
_MODELS_PATH = "/models"


@dataclass(frozen=True, slots=True)
class Address:
    """A server's base URL, checked."""

    base: str
    """Without a trailing slash and without `/chat/completions` or `/completions`."""
    loopback: bool
    """Whether it is on this machine."""
    encrypted: bool

    @property
    def chat(self) -> str:
        """URL that conversations are posted to."""
        return self.base + _PATH

    @property
    def plain(self) -> str:
        """URL that whole prompts are posted to."""
        return self.base + _PLAIN_PATH

    @property
    def models(self) -> str:
        """URL that lists the models."""
        return self.base + _MODELS_PATH

    @property
    def takes_keys(self) -> bool:
        """A key is sent over TLS or within this machine only."""
        return self.encrypted or self.loopback


def parse_address(url: str) -> Address:
    """`url` as an Address; raises ConfigError when it is no http(s) URL or carries credentials."""
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, TypeError) as error:
        raise _bad(f"not a URL: {error}") from None
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise _bad("not an http or https URL")
    if parsed.userinfo or parsed.query or parsed.fragment:
        raise _bad("the URL must not carry a user, a password or a query: keys come from the environment")
    base = str(parsed).rstrip("/").removesuffix(_PATH).removesuffix(_PLAIN_PATH)
    return Address(base, _is_loopback(parsed.host), parsed.scheme == "https")


def _bad(what: str) -> ConfigError:
    return ConfigError(what, where="target.url", hint="write the server's base URL, such as http://127.0.0.1:8000/v1")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
