"""The steps file as a progress bar."""

from pathlib import Path

from breakfix.post_train.progress import StepsBar


class Heard:
    def __init__(self) -> None:
        self.said: list[tuple[str, int]] = []

    def begin(self, title: str, total: int) -> None:
        self.said.append((title, total))

    def advance(self, items: int = 1) -> None:
        self.said.append(("+", items))


def lines(sft: int, dpo: int = 0) -> str:
    return '{"phase":"sft"}\n' * sft + '{"phase":"dpo"}\n' * dpo


def test_a_bar_follows_each_phase_and_is_full_at_the_end(tmp_path: Path) -> None:
    path, heard = tmp_path / "steps.jsonl", Heard()
    bar = StepsBar(path, {"sft": 5, "dpo": 3}, heard)
    bar.update()
    for text in (lines(2), lines(2), lines(4) + '{"phase":"s', lines(4, 1)):
        path.write_text(text)
        bar.update()
    bar.finish()
    assert heard.said == [
        ("post-train: SFT steps", 5),
        ("+", 2),
        ("+", 2),
        ("+", 1),
        ("post-train: DPO steps", 3),
        ("+", 1),
        ("+", 2),
    ]


def test_a_series_that_was_cut_back_does_not_turn_the_bar_back(tmp_path: Path) -> None:
    path, heard = tmp_path / "steps.jsonl", Heard()
    bar = StepsBar(path, {"sft": 5}, heard)
    for count in (4, 2, 5):
        path.write_text(lines(count))
        bar.update()
    bar.finish()
    assert heard.said == [("post-train: SFT steps", 5), ("+", 4), ("+", 1)]


def test_a_finished_job_fills_its_bars_at_once(tmp_path: Path) -> None:
    heard = Heard()
    StepsBar(tmp_path / "none.jsonl", {"dpo": 7}, heard).finish()
    assert heard.said == [("post-train: DPO steps", 7), ("+", 7)]
