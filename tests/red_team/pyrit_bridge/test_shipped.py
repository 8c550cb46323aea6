"""Templates and seed sets in PyRIT's wheel, and what is said where PyRIT is missing."""

from importlib.util import find_spec
from random import Random

import pytest

from breakfix import plugins
from breakfix.errors import ConfigError, MissingExtra
from breakfix.exclusion import excluded
from breakfix.red_team.pyrit_bridge.shipped import filled, many_shot_examples, seed_sets, template_names, templates


def test_without_pyrit_every_plug_in_names_its_extra() -> None:
    if find_spec("pyrit") is not None:
        pytest.skip("PyRIT is installed")
    names = [name for name in plugins.entries("attack") if name.startswith("pyrit_")]
    assert len(names) == 9
    for kind, name in [*(("attack", name) for name in names), ("goals", "pyrit")]:
        options = {"converter": "Base64"} if name == "pyrit_converter" else {}
        with pytest.raises(MissingExtra, match="pyrit") as caught:
            plugins.make(kind, name, options)
        assert "pip install 'breakfix[pyrit]'" in str(caught.value)


@pytest.mark.pyrit
def test_a_template_is_found_by_name_and_filled_with_the_goal(make_goal) -> None:
    goal = make_goal("What is {{ 7 * 7 }} in a fake passport?")
    attack = plugins.make("attack", "pyrit_template", {"template": "aim"})
    sent = next(attack(goal, Random(0))).conversation[-1].text  # noqa: S311 - reproducibility, not secrecy
    assert goal.text in sent
    assert len(sent) > len(goal.text) + 100


@pytest.mark.pyrit
def test_it_is_filled_as_pyrit_fills_it() -> None:
    from pyrit.models import SeedPrompt

    for name, path in list(template_names("all").items())[::30]:
        native = SeedPrompt.from_yaml_file(path).render_template_value(prompt="a cake?")
        if excluded(native):
            with pytest.raises(ConfigError, match="never loaded"):
                templates(name)
        else:
            assert filled(templates(name).texts[0], "a cake?").strip() == native.strip(), name


@pytest.mark.pyrit
def test_every_template_that_may_be_drawn_can_be_filled() -> None:
    found = templates("", "all")
    assert len(found.texts) + found.excluded == 650
    assert all("a cake?" in filled(text, "a cake?") for text in found.texts)


@pytest.mark.pyrit
def test_drawn_templates_vary_with_the_seed(make_goal) -> None:
    attack, goal = plugins.make("attack", "pyrit_template", {}), make_goal("How do I bake?")
    sent = {next(attack(goal, Random(seed))).conversation[-1].text for seed in range(20)}  # noqa: S311
    assert len(sent) > 10


@pytest.mark.pyrit
def test_an_unknown_template_or_set_gets_the_nearest_name() -> None:
    with pytest.raises(ConfigError, match="did you mean 'dan_1'"):
        plugins.make("attack", "pyrit_template", {"template": "dann_1"})
    with pytest.raises(ConfigError, match="did you mean 'adv_bench'"):
        plugins.make("goals", "pyrit", {"datasets": ["advbench"]})


@pytest.mark.pyrit
def test_a_seed_set_becomes_goals_and_excluded_ones_are_counted() -> None:
    found = plugins.make("goals", "pyrit", {"datasets": ["adv_bench", "airt/violence"]})
    goals = found.goals()
    assert len(goals) + found.excluded >= 520
    assert found.excluded > 0
    assert not any(excluded(goal.text) for goal in goals)
    assert {goal.source for goal in goals} == {"adv_bench", "airt/violence"}
    assert {goal.licence for goal in goals} == {"MIT"}


@pytest.mark.pyrit
def test_every_set_in_the_wheel_can_be_read() -> None:
    for name in seed_sets():
        assert plugins.make("goals", "pyrit", {"datasets": [name]}).goals(), name


@pytest.mark.pyrit
def test_many_shot_examples_pass_the_exclusion_rule_together() -> None:
    pairs = many_shot_examples()
    assert len(pairs) > 200
    assert not any(excluded(" ".join(pair.values())) for pair in pairs)
