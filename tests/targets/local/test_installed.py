"""A missing package is named together with the extra that brings it."""

import pytest

from breakfix.errors import MissingExtra
from breakfix.targets.local.installed import require_packages


def test_the_extra_is_named() -> None:
    with pytest.raises(MissingExtra, match="no_such_package") as raised:
        require_packages("json", "no_such_package")
    assert "breakfix[local]" in str(raised.value)


def test_installed_packages_pass() -> None:
    require_packages("json", "pydantic")
