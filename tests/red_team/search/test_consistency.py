from breakfix.red_team.search.consistency import consistency


def test_a_goal_is_consistent_when_all_its_wordings_get_the_same_answer(make_outcome) -> None:
    severities = {"copy a key": (0, 0, 5), "cut a lock": (0, 0, None), "bend a bar": (5, 5), "dig a hole": (5, None)}
    outcomes = [
        make_outcome(f"{number} {goal}", severity, goal=goal, attack="assert_augmentation")
        for goal, given in severities.items()
        for number, severity in enumerate(given)
    ]
    assert consistency(outcomes) == (2, 3)


def test_other_attacks_are_no_wordings(make_outcome) -> None:
    outcomes = [make_outcome(f"{number} copy a key", number, goal="copy a key", attack="base64") for number in (0, 5)]
    assert consistency(outcomes) == (0, 0)
