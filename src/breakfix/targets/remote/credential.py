"""The key of a server: read from the environment when a request is made, kept nowhere, shown nowhere."""

import os

from breakfix.errors import TargetError
from breakfix.targets.remote.address import Address


def authorization(variable: str, address: Address) -> dict[str, str]:
    """The header that carries the key in environment variable `variable`; empty when there is none to send.

    Raises TargetError when the key would travel in the clear or cannot be part of a header.
    """
    key = _key(variable)
    if not key:
        return {}
    if not address.takes_keys:
        raise TargetError(
            f"the key in {variable} would cross the network unencrypted",
            where=address.base,
            hint='use https, or set key_variable = "" if the server needs no key',
        )
    if not (key.isascii() and key.isprintable()):
        raise TargetError(
            f"the key in {variable} holds characters that a header cannot carry", hint=f"set {variable} again"
        )
    return {"Authorization": f"Bearer {key}"}


def without_key(text: str, variable: str) -> str:
    """`text` with the key blotted out: servers like to quote it in their complaints."""
    key = _key(variable)
    return text.replace(key, "[key]") if key else text


def _key(variable: str) -> str:
    return os.environ.get(variable, "").strip() if variable else ""
