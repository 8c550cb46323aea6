"""Whether the packages that run a model are installed, found out without importing them."""

from importlib.util import find_spec

from breakfix.errors import MissingExtra


def require_packages(*packages: str) -> None:
    """Raises MissingExtra for the first of `packages` that is not installed."""
    for package in packages:
        if find_spec(package) is None:
            raise MissingExtra(
                f"a model on this machine needs the Python package {package!r}, which is not installed",
                hint="install the extra that carries it: pip install 'breakfix[local]'",
            )
