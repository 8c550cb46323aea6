"""What hunting taught: the outcomes that attacks and attackers may learn from."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from breakfix.identify import stage as identify
from breakfix.protocols import Outcome
from breakfix.red_team import stage as red_team


def hunted(folders: Iterable[Path]) -> Iterator[Outcome]:
    """How the attempts on harmful goals of the train split went in these folders of stage 4, in order.

    Held-out goals teach nobody.
    """
    for folder in folders:
        for attempt, verdict in identify.judged(folder / red_team.ATTEMPTS, folder / red_team.VERDICTS):
            if attempt.goal.intent == "harmful" and attempt.goal.split == "train":
                yield Outcome(attempt, verdict)
