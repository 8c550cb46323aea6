"""The folder is the registry: listing, making, typos, missing extras."""

import pytest

from breakfix import plugins
from breakfix.errors import ConfigError, UnknownPlugin

EVERY = [entry for kind in plugins.KINDS for entry in plugins.entries(kind).values()]


@pytest.mark.parametrize("kind", plugins.KINDS)
def test_every_kind_ships_at_least_one(kind: str) -> None:
    assert plugins.entries(kind)


@pytest.mark.parametrize("entry", EVERY, ids=lambda entry: f"{entry.kind}-{entry.name}")
def test_every_plugin_has_a_caption_and_its_factory(entry: plugins.PluginEntry) -> None:
    assert plugins.caption(entry)
    assert callable(plugins.factory(entry))


def test_a_misspelt_name_gets_the_nearest_right_one() -> None:
    with pytest.raises(UnknownPlugin, match=r"no attack called 'crescndo'; did you mean 'crescendo'\?") as caught:
        plugins.make("attack", "crescndo")
    assert "breakfix list attack" in str(caught.value)


def test_a_misspelt_option_is_named_before_anything_is_made() -> None:
    with pytest.raises(ConfigError, match=r"attack 'crescendo'.*\n?.*unknown key 'max_turn'; did you mean 'max_turns'"):
        plugins.make("attack", "crescendo", {"max_turn": 3})


def test_an_option_of_the_wrong_type_is_refused() -> None:
    with pytest.raises(ConfigError, match="max_turns"):
        plugins.check("attack", "crescendo", {"max_turns": "many"})


def test_what_the_cycle_gives_is_no_option_of_the_user() -> None:
    with pytest.raises(ConfigError, match="unknown key 'goals'"):
        plugins.check("suite", "look_alikes", {"goals": []}, given=("goals", "harmful_from"))
