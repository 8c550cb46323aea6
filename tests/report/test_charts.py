"""Charts as inline SVG."""

import re
import xml.etree.ElementTree as ET

import matplotlib as mpl
import pytest
from markupsafe import Markup

from breakfix.records import Harm, Rate
from breakfix.report.attack_outcomes import HeatMap
from breakfix.report.charts import Curve, Point, Series, harm_bars, heat_map_chart, tradeoff, training_curves
from breakfix.statistics.rates import rate_of

SVG_TAGS = {"svg", "title", "desc", "g", "path", "text", "use", "defs", "clipPath", "rect"}


def rate(hits: int, of: int) -> Rate:
    return rate_of([place < hits for place in range(of)], [str(place) for place in range(of)])


NOTHING = rate_of([None], ["a"])


def heat(family: str = "direct") -> HeatMap:
    cells = {(Harm.FRAUD, family): rate(9, 10), (Harm.HATE, family): rate(1, 10), (Harm.HATE, "other"): NOTHING}
    return HeatMap(round=0, held_out=True, harms=(Harm.HATE, Harm.FRAUD), families=(family, "other"), cells=cells)


def draw() -> dict[str, Markup]:
    series = [Series(0, {Harm.HATE: rate(6, 10), Harm.FRAUD: rate(2, 9)}), Series(1, {Harm.HATE: NOTHING})]
    points = [Point(0, rate(1, 20), rate(12, 20)), Point(1, rate(4, 20), rate(2, 20))]
    return {
        "bars": harm_bars(series, name="bars", title="Bars", x_label="share"),
        "plane": tradeoff(points, name="plane", title="Plane", x_label="x", y_label="y", target=(0.25, 0.15)),
        "heat": heat_map_chart(heat(), name="heat", title="Heat"),
        "curve": training_curves(
            [Curve(1, (1, 2, 3), (2.0, 1.5, 1.2)), Curve(2, (1,), (2.0,))], name="curve", title="Curve", y_label="loss"
        ),
    }


@pytest.fixture(scope="module")
def drawn() -> dict[str, Markup]:
    return draw()


@pytest.mark.parametrize("name", ["bars", "plane", "heat", "curve"])
def test_a_chart_is_well_formed_drawing_and_nothing_else(drawn: dict[str, Markup], name: str) -> None:
    root = ET.fromstring(drawn[name])  # noqa: S314 - our own output
    assert {part.tag for part in root.iter()} <= SVG_TAGS
    keys = {key for part in root.iter() for key in part.attrib}
    assert not {key for key in keys if key.startswith("on") or ":" in key}


@pytest.mark.parametrize("name", ["bars", "plane", "heat", "curve"])
def test_a_chart_has_a_title_a_description_and_real_text(drawn: dict[str, Markup], name: str) -> None:
    root = ET.fromstring(drawn[name])  # noqa: S314 - our own output
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == f"{name}-title {name}-text"
    assert root.findtext("title") == name.capitalize()
    assert root.findtext("desc")
    assert len(list(root.iter("text"))) > 3


def test_ids_are_used_unique_and_carry_the_charts_name(drawn: dict[str, Markup]) -> None:
    text = "".join(drawn.values())
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    used = set(re.findall(r'(?:href="|url\()#([\w-]+)', text)) | {
        word for name in drawn for word in (f"{name}-title", f"{name}-text")
    }
    assert set(ids) == used


def test_a_chart_follows_the_pages_colours_and_font(drawn: dict[str, Markup]) -> None:
    for name, text in drawn.items():
        assert "var(--ink)" in text, name
        assert "var(--sans)" in text, name
        assert "DejaVu" not in text, name
        assert "#0000" not in text, name


def test_a_chart_is_the_same_every_time(drawn: dict[str, Markup]) -> None:
    assert draw() == drawn


def test_the_callers_matplotlib_settings_are_left_alone() -> None:
    mpl.rcParams["axes.grid"] = True
    try:
        before = dict(mpl.rcParams)
        first = training_curves([Curve(1, (1,), (2.0,))], name="one", title="One", y_label="loss")
        assert dict(mpl.rcParams) == before
    finally:
        mpl.rcdefaults()
    assert training_curves([Curve(1, (1,), (2.0,))], name="one", title="One", y_label="loss") == first


def test_the_numbers_of_bars_are_in_the_description(drawn: dict[str, Markup]) -> None:
    assert "Fraud and phishing: round 0 22.2 % [" in drawn["bars"]
    assert "Hate and unfairness, n=0–10" in drawn["bars"]
    assert ">undetermined<" in drawn["bars"]


def test_every_cell_of_a_heat_map_shows_its_denominator(drawn: dict[str, Markup]) -> None:
    texts = [part.text for part in ET.fromstring(drawn["heat"]).iter("text")]  # noqa: S314 - our own output
    assert texts.count("n=10") == 2
    assert "90" in texts
    assert "?" in texts
    assert "n=0 +1?" in texts
    assert "·" in texts


@pytest.mark.parametrize("family", ["<script>", "a$b$c^", "x\x00\u202ey\nz", "日本語の攻撃", "w" * 500])
def test_a_hostile_family_name_is_only_text(family: str) -> None:
    root = ET.fromstring(heat_map_chart(heat(family), name="heat", title=family))  # noqa: S314 - our own output
    assert {part.tag for part in root.iter()} <= SVG_TAGS
    assert all(len(part.text or "") < 60 for part in root.iter("text"))


def test_rates_without_intervals_are_drawn_without_lines() -> None:
    bare = rate(3, 10).model_copy(update={"low": None, "high": None})
    bars = [
        harm_bars([Series(0, {Harm.HATE: each})], name="bars", title="Bars", x_label="share")
        for each in (bare, rate(3, 10))
    ]
    planes = [
        tradeoff([Point(0, each, each)], name="plane", title="Plane", x_label="x", y_label="y", target=None)
        for each in (bare, rate(3, 10))
    ]
    assert bars[0].count("<path") == bars[1].count("<path") - 1
    assert planes[0].count("<path") == planes[1].count("<path") - 2
