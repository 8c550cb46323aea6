"""The whole page: self-contained, well-formed, safe against hostile text, and partial where the run is."""

import re
import subprocess
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breakfix.errors import RunFolderError
from breakfix.records import Finding, Harm, PreferencePair, SftRow
from breakfix.report.lineage import Life, Stop
from breakfix.report.page import environment, render, write_report
from breakfix.report.training_data import Repair
from breakfix.safe_text import visible
from breakfix.statistics.rates import rate_of
from breakfix.store import journal
from breakfix.store.run_folder import RunFolder, open_run

VOID = {"meta", "br"}
NASTY = st.text(
    st.one_of(st.characters(codec="utf-8"), st.sampled_from("<>&\"'/=;#x{}%- \x00\x1b\u202e\u200b\n")),
    min_size=1,
    max_size=60,
)


class Page(HTMLParser):
    """Reads a page strictly: tags close in order, ids are unique and links lead to them; keeps tags and text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, tuple[tuple[str, str | None], ...]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []
        ids = [value for key, value in self.attributes if key == "id"]
        assert len(ids) == len(set(ids))
        assert {value for key, value in self.attributes if key == "href"} <= {f"#{name}" for name in ids}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(data)

    def handle_pi(self, data: str) -> None:
        raise AssertionError(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    @property
    def attributes(self) -> list[tuple[str, str]]:
        return [(key, value or "") for _, pairs in self.tags for key, value in pairs]

    @property
    def text(self) -> str:
        return "".join(self.words)


@pytest.fixture(scope="module")
def page(night: RunFolder) -> str:
    return render(night)


def test_the_report_is_one_file_and_the_same_run_gives_the_same_one(night: RunFolder, page: str) -> None:
    path = write_report(night)
    assert path == night.root / "report" / "index.html"
    assert path.read_text(encoding="utf-8") == page
    assert [item.name for item in path.parent.iterdir()] == ["index.html"]


def test_the_page_is_well_formed_and_its_links_lead_somewhere(page: str) -> None:
    links = [value for key, value in Page(page).attributes if key == "href"]
    assert len(links) > 20


def test_the_page_loads_nothing_and_forbids_scripts(page: str) -> None:
    parsed = Page(page)
    policy = next(dict(pairs) for tag, pairs in parsed.tags if tag == "meta" and dict(pairs).get("http-equiv"))
    assert policy["content"] is not None
    assert policy["content"].startswith("default-src 'none';")
    assert "script-src" not in policy["content"]
    assert {tag for tag, _ in parsed.tags} & {
        "script",
        "link",
        "img",
        "iframe",
        "object",
        "embed",
        "form",
        "base",
    } == set()
    assert {key for key, _ in parsed.attributes if key.startswith("on") or key in ("src", "action", "srcset")} == set()
    style = page[page.index("<style>") : page.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style


def test_every_section_is_there_in_reading_order(page: str) -> None:
    wanted = ["verdict", "headline", "harms", "tradeoff", "heat-maps", "languages", "gate", "curves"]
    wanted += ["vulnerabilities", "lineage", "training-data", "method"]
    found = re.findall(r'<(?:section|div)[^>]* id="([a-z-]+)"', page)
    assert found == wanted


def test_the_banner_says_what_is_kept_where_it_lies_and_who_judged(page: str) -> None:
    top = Page(page[page.index("<main>") : page.index("<nav")] + "</main>").text
    assert "round 2 is kept" in top
    assert "rounds/02/2-post_train/checkpoint" in top
    assert "rounds/02/2-post_train/adapter" in top
    assert "lexical" in top
    assert "accuracy 90.2 %, kappa 0.801, n=1,005" in top


def test_model_text_is_folded_and_comes_with_a_warning(page: str) -> None:
    section = page[page.index('<section id="lineage">') : page.index('<section id="training-data">')]
    assert "Content warning" in section
    assert "<details open" not in section
    outside = re.sub(r"<details>.*?</details>", "", section, flags=re.DOTALL)
    assert 'class="words"' in section
    assert 'class="words"' not in outside


def test_a_demo_size_run_stays_below_3_mb(build_run: Callable[..., RunFolder]) -> None:
    demo = build_run(attempts=600, look_alikes=100, items=40, rounds=2)
    assert len(render(demo).encode("utf-8")) < 3_000_000


def life(text: str, finding: Finding, row: SftRow) -> Life:
    """A vulnerability whose every text is hostile."""
    pair = PreferencePair(**row.model_dump(exclude={"answer"}), chosen=text, rejected=text)
    some = rate_of([True, False, None], ["a", "b", "c"])
    stop = Stop(
        round=1,
        trained=Repair(sft=1, pairs=1, operations=(("repair", 2),), examples=(row, pair)),
        base=0,
        checkpoint=text,
        train=some,
        held_out=None,
        seen=None,
        examples=(finding,),
    )
    return Life(
        id=text,
        anchor="v-1",
        kind="harmful_reply",
        harm=Harm.FRAUD,
        family=text,
        language=text,
        standing="open",
        risk=1.0,
        severity=3.0,
        first_seen=0,
        stops=(stop,),
    )


def examples_of(text: str, finding: Finding, row: SftRow) -> str:
    number = SimpleNamespace(number=1)
    data = SimpleNamespace(run=SimpleNamespace(name=text), rounds=(number,), reference=number)
    engine: Any = environment()
    return "".join(
        engine.get_template(name).render(lives=(life(text, finding, row),), data=data)
        for name in ("vulnerabilities.html.j2", "lineage.html.j2")
    )


@settings(deadline=None, max_examples=60)
@given(NASTY)
def test_no_model_text_becomes_a_tag_an_attribute_or_an_entity(
    finding: Callable[[str], Finding], training_row: Callable[[str], SftRow], text: str
) -> None:
    harmless = Page(examples_of("x", finding("x"), training_row("x")))
    nasty = Page(examples_of(text, finding(text), training_row(text)))
    assert nasty.tags == harmless.tags
    assert visible(text) in nasty.text


def test_a_fully_hostile_run_adds_no_tag(
    hostile: tuple[str, ...], finding: Callable[[str], Finding], training_row: Callable[[str], SftRow]
) -> None:
    harmless = Page(examples_of("x", finding("x"), training_row("x")))
    for text in hostile:
        page = examples_of(text, finding(text), training_row(text))
        assert Page(page).tags == harmless.tags
        assert len(page) < 200_000


def test_hostile_settings_and_names_are_only_text(
    build_run: Callable[..., RunFolder], hostile: tuple[str, ...]
) -> None:
    bad = "".join(hostile[:4]) + '" onload="x'
    header = {
        "target": {"model": bad, bad: bad},
        "versions": {bad: bad},
        "agreement": {bad: 0.5},
        "config": {"judge": {"plugin": bad, "baseline": bad}, "target": {"plugin": bad}, bad: [bad, {bad: bad}]},
    }
    run = build_run(header=header, attempts=21, look_alikes=3, items=10, rounds=1)
    journal.note(run.root, "failed", stage=bad, why=bad)
    parsed = Page(render(run))
    assert {tag for tag, _ in parsed.tags} & {"script", "img"} == set()
    assert {key for key, _ in parsed.attributes if key.startswith("on")} == set()
    assert "alert(" in parsed.text


def test_a_run_that_has_only_begun_says_so(tiny: RunFolder) -> None:
    (tiny.root / "rounds").rename(tiny.root / "elsewhere")
    (tiny.root / "gate.json").unlink()
    parsed = Page(render(tiny))
    assert "Nothing was measured yet" in parsed.text
    assert "No benchmark is finished yet" in parsed.text


def test_a_round_under_way_gives_a_partial_page(tiny: RunFolder) -> None:
    (tiny.root / "gate.json").unlink()
    for stage in ("benchmark", "red_team", "identify", "post_train"):
        (tiny.stage(1, stage) / "manifest.json").unlink()
    parsed = Page(render(tiny))
    assert "Not decided yet" in parsed.text
    assert "Round 1: post-train, benchmark, red-team, identify not finished." in parsed.text
    assert "Round 1 is still in training" in parsed.text
    assert "The gate has not decided yet." in parsed.text


def test_a_run_that_only_attacks_says_that_nothing_was_fixed(build_run: Callable[..., RunFolder]) -> None:
    run = build_run(attempts=42, look_alikes=6, items=20, rounds=0)
    parsed = Page(render(run))
    assert "Measured and attacked; nothing was fixed" in parsed.text
    assert "This run trains nothing." in parsed.text
    assert "This run makes no training data." in parsed.text
    assert "partial" not in parsed.text


def test_a_run_in_which_every_round_failed_keeps_none(tiny: RunFolder) -> None:
    gate = (tiny.root / "gate.json").read_text(encoding="utf-8")
    gate = re.sub(r'"best": *\d+', '"best":null', gate)
    gate = re.sub(r'^ "verdict": *"\w+"', ' "verdict":"fail"', gate, flags=re.MULTILINE)
    (tiny.root / "gate.json").write_text(gate, encoding="utf-8")
    top = Page(render(tiny)).text
    assert "Fail: no round may ship" in top
    assert "none is kept" in top


def test_damaged_files_are_named_and_cost_only_their_section(tiny: RunFolder) -> None:
    (tiny.root / "rounds/01/4-red_team/verdicts.jsonl").write_text("{broken\n", encoding="utf-8")
    parsed = Page(render(tiny))
    assert "This page is partial." in parsed.text
    assert "rounds/01/4-red_team/verdicts.jsonl: line 1 is not a Verdict" in parsed.text
    assert "Before and after" in parsed.text


def test_a_kept_checkpoint_that_was_moved_away_is_said_to_be_missing(tiny: RunFolder) -> None:
    (tiny.stage(1, "post_train") / "checkpoint").rmdir()
    (tiny.stage(1, "post_train") / "adapter").rmdir()
    assert "its checkpoint is not in the run folder" in Page(render(tiny)).text


def test_a_folder_that_is_no_run_is_refused(tmp_path: Any) -> None:
    with pytest.raises(RunFolderError, match="no run here"):
        write_report(open_run(tmp_path))


def test_importing_the_report_loads_no_plotting_or_template_library() -> None:
    code = "import sys, breakfix.report.page; print([n for n in ('matplotlib', 'jinja2', 'torch') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
