"""Sources read the usual layouts row by row, keep what is broken for the record, and name what they cannot read."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from breakfix.curate.clean import clean
from breakfix.curate.decontaminate import Measuring
from breakfix.curate.external import external_drafts
from breakfix.curate.sources.hh_transcripts import transcript
from breakfix.errors import ConfigError
from breakfix.plugins import make
from breakfix.records import Harm, assistant, user

HH = Path(__file__).parents[4] / "shared" / "data" / "hh_rlhf" / "harmless-base"


def written(path: Path, *rows: Any) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def rows_of(kind: str, path: Path, **options: Any) -> list[Any]:
    return list(make("source", kind, {"path": str(path), "licence": "CC0", **options}).rows())


TURNS = [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]


@pytest.mark.parametrize(
    "row",
    [
        {"prompt": "q", "answer": "a"},
        {"prompt": "q", "completion": "a", "id": 3},
        {"prompt": TURNS[:1], "completion": TURNS[1:]},
        {"prompt": [{"role": "user", "text": "q"}], "response": "a"},
        {"messages": TURNS},
    ],
)
def test_answered_prompts_come_in_several_layouts(tmp_path: Path, row: dict[str, Any]) -> None:
    (read,) = rows_of("jsonl_file", written(tmp_path / "rows.jsonl", row))
    assert (read.prompt, read.answer, read.harm, read.intent) == ((user("q"),), "a", Harm.NONE, "benign")
    assert (read.provenance.source, read.provenance.row, read.provenance.licence) == ("rows.jsonl", "1", "CC0")


def test_columns_of_a_row_come_before_the_options(tmp_path: Path) -> None:
    path = written(
        tmp_path / "rows.jsonl",
        {"prompt": "q", "answer": "a", "harm": "fraud", "intent": "benign", "group": "g"},
        {"prompt": "q", "answer": "a"},
    )
    first, second = rows_of("jsonl_file", path, harm="hate", intent="harmful")
    assert (first.harm, first.intent, first.group) == (Harm.FRAUD, "benign", "g")
    assert (second.harm, second.intent, second.group) == (Harm.HATE, "harmful", "rows.jsonl/2")


@pytest.mark.parametrize(
    "row",
    [
        {"prompt": "q", "chosen": "a", "rejected": "b"},
        {"prompt": TURNS[:1], "chosen": TURNS[1:], "rejected": [{"role": "assistant", "content": "b"}]},
        {"chosen": TURNS, "rejected": [TURNS[0], {"role": "assistant", "content": "b"}], "harm": "none"},
    ],
)
def test_preferences_come_in_several_layouts(tmp_path: Path, row: dict[str, Any]) -> None:
    (read,) = rows_of("preference_file", written(tmp_path / "p.jsonl", row))
    assert (read.prompt, read.chosen, read.rejected) == ((user("q"),), "a", "b")


def test_broken_rows_come_out_so_that_cleaning_records_them(tmp_path: Path) -> None:
    answered = written(
        tmp_path / "rows.jsonl",
        {"messages": [{"role": "tool", "content": "x"}, TURNS[1]]},
        {"messages": []},
        {"messages": TURNS[:1]},
        {"prompt": "q", "completion": []},
        {"messages": ["x", TURNS[1]]},
        {"messages": [{"role": "user", "content": None}, TURNS[1]]},
    )
    pairs = written(tmp_path / "p.jsonl", {"chosen": TURNS, "rejected": TURNS[1:]})
    rows = [*rows_of("jsonl_file", answered), *rows_of("preference_file", pairs)]
    result = clean(external_drafts(rows, round_number=1), Measuring([], 0.8), 0.8)
    assert [record.reason for record in result.dropped] == ["malformed"] * 7


@pytest.mark.parametrize(
    ("kind", "line", "message"),
    [
        (
            "jsonl_file",
            '{"question": "q", "answer": "a"}',
            "no column 'prompt' or 'messages'; there are answer, question",
        ),
        ("jsonl_file", '{"prompt": "q"}', "no column 'answer' or 'completion' or 'response'; there are prompt"),
        ("jsonl_file", '{"prompt": "q", "answer": "a", "harm": "bad"}', "unknown harm 'bad'"),
        ("jsonl_file", '{"prompt": "q", "answer": "a", "intent": "evil"}', "unknown intent 'evil'"),
        ("jsonl_file", '{"prompt": 3, "answer": "a"}', "not int"),
        ("jsonl_file", "[1]", "not a JSON object in UTF-8: a list"),
        ("jsonl_file", "{", "not a JSON object in UTF-8"),
        ("preference_file", '{"prompt": "q", "chosen": "a"}', "no column 'rejected'"),
        ("hh_transcripts", "{}", "no column 'chosen'; there are none"),
    ],
)
def test_what_cannot_be_read_is_named_with_file_and_line(tmp_path: Path, kind: str, line: str, message: str) -> None:
    path = tmp_path / "f.jsonl"
    path.write_text("\n" + line + "\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"f\.jsonl, line 2") as caught:
        rows_of(kind, path)
    assert message in str(caught.value)


def test_another_encoding_and_a_damaged_archive_are_named(tmp_path: Path) -> None:
    latin = tmp_path / "latin.jsonl"
    latin.write_bytes('{"prompt": "é", "answer": "a"}\n'.encode("latin-1"))
    with pytest.raises(ConfigError, match="line 1: not a JSON object in UTF-8"):
        rows_of("jsonl_file", latin)
    torn = tmp_path / "torn.gz"
    torn.write_bytes(gzip.compress(b'{"prompt": "q", "answer": "a"}\n' * 100)[:-20])
    with pytest.raises(ConfigError, match="damaged gzip"):
        rows_of("jsonl_file", torn)


def test_a_byte_order_mark_is_no_part_of_the_first_row(tmp_path: Path) -> None:
    path = tmp_path / "bom.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"prompt": "q", "answer": "a"}\n')
    assert len(rows_of("jsonl_file", path)) == 1


@pytest.mark.parametrize("kind", ["jsonl_file", "preference_file", "hh_transcripts"])
def test_a_missing_file_is_found_out_before_any_work_starts(tmp_path: Path, kind: str) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        make("source", kind, {"path": str(tmp_path / "none"), "licence": "CC0"})


def test_transcripts_are_read_turn_by_turn() -> None:
    text = "\n\nHuman: Hi\n\nthere\n\nAssistant: Yes?\n\nHuman: Go\n\nAssistant:"
    assert transcript(text) == (user("Hi\n\nthere"), assistant("Yes?"), user("Go"), assistant(""))
    assert transcript("no turns") == ()


def test_transcript_pairs_share_everything_but_the_last_turn(tmp_path: Path) -> None:
    start = "\n\nHuman: Q\n\nAssistant: "
    path = tmp_path / "hh.jsonl.gz"
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.write(json.dumps({"chosen": start + "good", "rejected": start + "bad"}) + "\n")
        file.write(json.dumps({"chosen": start + "good", "rejected": start + "x\n\nHuman: y\n\nAssistant: z"}) + "\n")
    good, apart = rows_of("hh_transcripts", path)
    assert (good.prompt, good.chosen, good.rejected) == ((user("Q"),), "good", "bad")
    assert (good.harm, good.intent, good.provenance.licence) == (Harm.OTHER, "harmful", "CC0")
    assert apart.prompt == ()


@pytest.mark.skipif(not HH.is_dir(), reason="the HH-RLHF transcripts are not beside the checkout")
def test_the_published_transcripts_are_read_whole() -> None:
    (path,) = HH.glob("*.gz")
    rows = rows_of("hh_transcripts", path)
    assert len(rows) > 2000
    assert sum(not row.prompt for row in rows) == 5
    assert sum(not row.chosen or not row.rejected for row in rows) == 4
