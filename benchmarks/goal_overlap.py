"""Which goal groups say nearly the same, and whether any such pair is torn apart by the splits.

    python benchmarks/goal_overlap.py [--json]

For the packaged goals: every pair of groups with near-duplicate texts of one intent or with names of one topic, the
split that each group would have by itself, and the split that both have. Ends with exit code 1 when a near-duplicate
pair, or a run of eight words, lies in two splits.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from typing import Any

from breakfix.records import Goal
from breakfix.red_team.goals.packaged import goals
from breakfix.red_team.near_duplicates import near_duplicates
from breakfix.red_team.splits import linked_groups, split_of, units


def links(found: Sequence[Goal]) -> list[dict[str, Any]]:
    """Every linked pair of groups with the splits that hashing alone would give and the one that both have."""
    split = {goal.group: goal.split for goal in found}
    return [
        {"groups": [one, other], "alone": [split_of(one), split_of(other)], "split": [split[one], split[other]]}
        for one, other in sorted(set(linked_groups(found)))
    ]


def leaks(found: Sequence[Goal]) -> list[tuple[str, str]]:
    """Texts of one intent that are near-duplicates and lie in different splits."""
    torn: list[tuple[str, str]] = []
    for intent in ("harmful", "benign"):
        same = [goal for goal in found if goal.intent == intent]
        pairs = sorted(set(near_duplicates([goal.text for goal in same])))
        torn += [(same[one].text, same[other].text) for one, other in pairs if same[one].split != same[other].split]
    return torn


def main() -> int:
    """Prints the figures; 1 when something leaks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    as_json = parser.parse_args().json
    found = list(goals().goals())
    pairs, torn = links(found), leaks(found)
    sizes = Counter(Counter(units(found).values()).values())
    figures = {
        "goals": len(found),
        "groups": len({goal.group for goal in found}),
        "units_by_size": dict(sorted(sizes.items())),
        "goals_by_split": dict(Counter(goal.split for goal in found)),
        "linked_groups": len(pairs),
        "linked_groups_that_hashing_alone_would_tear": sum(len(set(pair["alone"])) > 1 for pair in pairs),
        "near_duplicates_across_splits": len(torn),
    }
    if as_json:
        print(json.dumps({**figures, "pairs": pairs, "leaks": torn}, indent=1))
        return bool(torn)
    for pair in pairs:
        print(f"{' + '.join(pair['groups'])}: alone {'/'.join(pair['alone'])}, together {pair['split'][0]}")
    for one, other in torn:
        print(f"LEAK: {one!r} and {other!r}")
    print(json.dumps(figures, indent=1))
    return bool(torn)


if __name__ == "__main__":
    sys.exit(main())
