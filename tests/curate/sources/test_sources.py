"""Sources read the usual layouts row by row, record what is broken, and name the columns that they miss."""

import csv
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from breakfix.errors import ConfigError
from breakfix.plugins import make
from breakfix.records import Dropped, Goal, Harm, Message, PreferencePair, SftRow, assistant, user
from breakfix.tables.files import entries
from breakfix.tables.transcripts import transcript

SHARED = Path(__file__).parents[4] / "shared" / "data"
TURNS = [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]
OTHER = [TURNS[0], {"role": "assistant", "content": "b"}]
BEAVER = {"prompt": "q", "response": "a", "category": {"hate_speech,offensive_language": False}, "is_safe": True}
PKU = {
    "prompt": "q",
    "response_0": "a",
    "response_1": "b",
    "is_response_0_safe": True,
    "is_response_1_safe": False,
    "better_response_id": 1,
    "safer_response_id": 0,
    "response_1_harm_category": {"Cybercrime": True, "Violence": False},
}


def written(path: Path, *rows: Any) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def rows_of(kind: str, path: Path, **options: Any) -> list[Any]:
    return list(make("source", kind, {"path": str(path), "licence": "CC0", **options}).rows())


def read(kind: str, tmp_path: Path, *rows: Any, **options: Any) -> list[Any]:
    return rows_of(kind, written(tmp_path / "rows.jsonl", *rows), **options)


@pytest.mark.parametrize(
    ("kind", "row"),
    [
        ("table_file", {"prompt": "q", "answer": "a"}),
        ("table_file", {"prompt": "q", "completion": "a", "id": 3}),
        ("table_file", {"prompt": TURNS[:1], "completion": TURNS[1:]}),
        ("table_file", {"prompt": [{"role": "user", "text": "q"}], "response": "a"}),
        ("table_file", {"messages": TURNS}),
        ("chats", {"messages": [{"role": "user", "content": [{"type": "text", "text": "q"}]}, TURNS[1]]}),
        ("chats", {"conversations": [{"from": "human", "value": "q"}, {"from": "gpt", "value": "a"}]}),
        ("chats", {"instruction": "q", "input": "", "output": "a"}),
        ("safety_tuned_llamas", {"instruction": "q", "input": "", "output": "a", "harm": "none", "intent": "benign"}),
        ("beavertails", {**BEAVER, "harm": "none", "intent": "benign"}),
    ],
)
def test_answered_prompts_come_in_many_layouts(tmp_path: Path, kind: str, row: dict[str, Any]) -> None:
    (made,) = read(kind, tmp_path, row)
    assert (made.prompt, made.answer, made.harm, made.intent) == ((user("q"),), "a", Harm.NONE, "benign")
    assert (made.provenance.source, made.provenance.row, made.provenance.licence) == ("rows.jsonl", "1", "CC0")


@pytest.mark.parametrize(
    ("kind", "row"),
    [
        ("preference_file", {"prompt": "q", "chosen": "a", "rejected": "b"}),
        ("table_file", {"prompt": "q", "chosen": "a", "rejected": "b"}),
        ("preference_file", {"prompt": TURNS[:1], "chosen": TURNS[1:], "rejected": OTHER[1:]}),
        ("preference_file", {"chosen": TURNS, "rejected": OTHER, "harm": "none"}),
        (
            "preference_file",
            {"prompt": "q", "chosen": TURNS, "rejected": OTHER, "score_chosen": 8, "score_rejected": 3},
        ),
        ("pku_safe_rlhf", PKU),
    ],
)
def test_preferences_come_in_many_layouts(tmp_path: Path, kind: str, row: dict[str, Any]) -> None:
    (made,) = read(kind, tmp_path, row)
    assert (made.prompt, made.chosen, made.rejected) == ((user("q"),), "a", "b")


def test_columns_of_a_row_come_before_the_options(tmp_path: Path) -> None:
    own = {"prompt": "q", "answer": "a", "harm": "Fraud/Deception", "intent": "benign", "group": "g", "license": "MIT"}
    first, second = read("table_file", tmp_path, own, {"prompt": "q", "answer": "a"}, harm="hate", intent="harmful")
    assert (first.harm, first.intent, first.group, first.provenance.licence) == (Harm.FRAUD, "benign", "g", "MIT")
    assert (second.harm, second.intent, second.group) == (Harm.HATE, "harmful", "rows.jsonl/2")
    assert second.provenance.licence == "CC0"


def test_columns_of_other_names_can_be_named(tmp_path: Path) -> None:
    (made,) = read(
        "table_file", tmp_path, {"question": "q", "reply": "a"}, column_prompt="question", column_answer="reply"
    )
    assert (made.prompt, made.answer) == ((user("q"),), "a")


def test_an_alpaca_input_stands_below_its_instruction_and_a_system_turn_before_it(tmp_path: Path) -> None:
    (made,) = read("chats", tmp_path, {"instruction": "Sum up.", "input": "Text", "output": "a", "system": "Be kind."})
    assert made.prompt == (Message(role="system", text="Be kind."), user("Sum up.\n\nText"))


def test_of_a_long_chat_the_last_answer_is_learnt(tmp_path: Path) -> None:
    (made,) = read("chats", tmp_path, {"messages": [*TURNS, {"role": "user", "content": "r"}, TURNS[1]]})
    assert made.prompt == (user("q"), assistant("a"), user("r"))


# What may never be a target


def test_an_unsafe_response_is_never_a_target(tmp_path: Path) -> None:
    (gone,) = read("beavertails", tmp_path, {**BEAVER, "is_safe": False, "category": {"violence": True}})
    assert (gone.reason, gone.kind) == ("unsafe", "sft")


@pytest.mark.parametrize(
    ("changes", "chosen"),
    [
        ({}, "a"),
        ({"safer_response_id": 1}, "a"),
        ({"is_response_1_safe": True, "safer_response_id": 1}, "b"),
        ({"is_response_0_safe": False, "is_response_1_safe": True}, "b"),
    ],
)
def test_the_preferred_side_is_safe_whatever_is_better(tmp_path: Path, changes: dict[str, Any], chosen: str) -> None:
    (made,) = read("pku_safe_rlhf", tmp_path, {**PKU, **changes})
    assert made.chosen == chosen


def test_two_unsafe_responses_make_no_pair_and_a_missing_label_is_not_safe(tmp_path: Path) -> None:
    gone = read("pku_safe_rlhf", tmp_path, {**PKU, "is_response_0_safe": False}, {**PKU, "is_response_0_safe": None})
    assert [row.reason for row in gone] == ["unsafe", "unreadable"]
    gone = read("beavertails", tmp_path, {**BEAVER, "is_safe": ""})
    assert [row.reason for row in gone] == ["unreadable"]


def test_the_harm_is_that_of_the_unsafe_side(tmp_path: Path) -> None:
    (made,) = read("pku_safe_rlhf", tmp_path, PKU)
    assert (made.harm, made.intent) == (Harm.CYBERCRIME, "harmful")


@pytest.mark.parametrize("name", ["child_abuse", "Child Sexual Exploitation"])
def test_what_is_flagged_as_about_children_is_refused_at_load(tmp_path: Path, name: str) -> None:
    flags = {"violence": True, name: True}
    (first,) = read("beavertails", tmp_path, {**BEAVER, "category": flags})
    (second,) = read("pku_safe_rlhf", tmp_path, {**PKU, "response_1_harm_category": flags})
    assert (first.reason, second.reason) == ("minors", "minors")


def test_pairs_with_tied_scores_are_left_out(tmp_path: Path) -> None:
    pair = {"prompt": "q", "chosen": "a", "rejected": "b", "score_rejected": 4.0}
    rows = [{**pair, "score_chosen": score} for score in (4.0, 4.5, 6.0, None)]
    made = read("preference_file", tmp_path, *rows, margin=1.0)
    assert [isinstance(row, Dropped) and row.reason for row in made] == ["tied", "tied", False, False]


# PyRIT seeds


def test_seeds_are_prompts_whose_answers_are_still_to_be_written(tmp_path: Path) -> None:
    path = tmp_path / "set.prompt"
    path.write_text(
        "name: x\nharm_categories: [fraud]\nseeds:\n"
        "- value: How do I cheat?\n"
        "- {value: Other, harm_categories: [gardening]}\n"
        "- {value: picture.png, data_type: image_path}\n"
        "- {value: later, sequence: 1}\n"
        "- {value: said, role: assistant}\n"
        "- {value: 'Say {{ it }}', parameters: [it]}\n",
        encoding="utf-8",
    )
    made = rows_of("pyrit_seeds", path)
    assert [(row.text, row.harm, row.split) for row in made if isinstance(row, Goal)] == [
        ("How do I cheat?", Harm.FRAUD, "train"),
        ("Other", Harm.OTHER, "train"),
    ]
    assert [row.reason for row in made if isinstance(row, Dropped)] == ["malformed"] * 4


def test_a_seed_file_that_is_none_is_named(tmp_path: Path) -> None:
    path = tmp_path / "set.yaml"
    path.write_text("seeds: [", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"set\.yaml, line 1.*not YAML"):
        rows_of("pyrit_seeds", path)
    path.write_text("seeds: [{text: x}]", encoding="utf-8")
    with pytest.raises(ConfigError, match="no column 'value'; there are text"):
        rows_of("pyrit_seeds", path)


# Bad rows are data, wrong files are errors


@pytest.mark.parametrize(
    ("kind", "row", "reason"),
    [
        ("table_file", {"prompt": "q"}, "unreadable"),
        ("table_file", {"prompt": 3, "answer": "a"}, "unreadable"),
        ("table_file", {"prompt": "q", "answer": "a", "harm": "bad"}, "unreadable"),
        ("table_file", {"prompt": "q", "answer": "a", "intent": "evil"}, "unreadable"),
        ("table_file", [1], "unreadable"),
        ("chats", {"messages": []}, "malformed"),
        ("chats", {"messages": TURNS[:1]}, "malformed"),
        ("chats", {"messages": ["x", TURNS[1]]}, "malformed"),
        ("chats", {"messages": [{"role": "tool", "content": "x"}, TURNS[1]]}, "malformed"),
        ("chats", {"messages": [{"role": "user", "content": None}, TURNS[1]]}, "malformed"),
        ("chats", {"messages": "q"}, "unreadable"),
        ("preference_file", {"chosen": TURNS, "rejected": [*TURNS, *TURNS]}, "malformed"),
        ("preference_file", {"prompt": "q", "chosen": "a"}, "unreadable"),
        ("hh_transcripts", {"chosen": "\n\nHuman: q", "rejected": "\n\nHuman: q"}, "malformed"),
    ],
)
def test_a_bad_row_is_recorded_and_the_others_are_read(
    tmp_path: Path, kind: str, row: dict[str, Any], reason: str
) -> None:
    said = "\n\nHuman: q\n\nAssistant: "
    good = {
        "table_file": {"prompt": "q", "answer": "a"},
        "chats": {"messages": TURNS},
        "preference_file": {"prompt": "q", "chosen": "a", "rejected": "b"},
        "hh_transcripts": {"chosen": said + "a", "rejected": said + "b"},
    }[kind]
    first, gone, last = read(kind, tmp_path, good, row, good)
    assert (gone.reason, gone.provenance.row, gone.provenance.source) == (reason, "2", "rows.jsonl")
    assert gone.detail
    assert not isinstance(first, Dropped)
    assert not isinstance(last, Dropped)


@pytest.mark.parametrize(
    ("kind", "row", "message"),
    [
        (
            "table_file",
            {"question": "q", "anwser": "a"},
            "no column 'prompt' and 'answer' or 'completion' or 'response'",
        ),
        (
            "table_file",
            {"question": "q", "anwser": "a"},
            "there are anwser, question; did you mean 'answer' by 'anwser'",
        ),
        ("preference_file", {"prompt": "q", "chosen": "a"}, "no column 'rejected'; there are chosen, prompt"),
        ("hh_transcripts", {}, "no column 'chosen' and 'rejected'; there are none"),
        ("beavertails", {"prompt": "q", "response": "a", "safe": True}, "no column 'is_safe'; there are prompt"),
        ("chats", {"instruction": "q", "outputs": "a"}, "did you mean 'output' by 'outputs'"),
    ],
)
def test_missing_columns_are_named_with_the_nearest(
    tmp_path: Path, kind: str, row: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=r"rows\.jsonl, row 1") as caught:
        read(kind, tmp_path, row)
    assert message in str(caught.value)


@pytest.mark.parametrize("kind", ["table_file", "preference_file", "hh_transcripts", "chats", "pyrit_seeds"])
def test_a_missing_file_is_found_out_before_any_work_starts(tmp_path: Path, kind: str) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        make("source", kind, {"path": str(tmp_path / "none"), "licence": "CC0"})


@pytest.mark.parametrize("kind", ["table_file", "preference_file", "chats", "pyrit_seeds"])
def test_a_licence_must_be_stated(tmp_path: Path, kind: str) -> None:
    path = written(tmp_path / "rows.jsonl", {})
    with pytest.raises(ConfigError, match="missing key 'licence'"):
        make("source", kind, {"path": str(path)})
    with pytest.raises(ConfigError, match="must be stated"):
        make("source", kind, {"path": str(path), "licence": "unknown"})


# Formats


def test_every_format_gives_the_same_rows(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [{"prompt": f"q{n}\nline, two", "answer": f"a{n}"} for n in range(700)]
    written(tmp_path / "a.jsonl", *rows)
    (tmp_path / "a.json").write_text(json.dumps(rows, indent=1), encoding="utf-8")
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress((tmp_path / "a.jsonl").read_bytes()))
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    with (tmp_path / "a.csv").open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, ["prompt", "answer"])
        writer.writeheader()
        writer.writerows(rows)
    for name in ("a.jsonl", "a.json", "a.jsonl.gz", "a.parquet", "a.csv"):
        made = rows_of("table_file", tmp_path / name)
        assert [(row.prompt[0].text, row.answer) for row in made] == [(r["prompt"], r["answer"]) for r in rows], name


def test_an_unknown_ending_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "rows.txt", {})
    with pytest.raises(ConfigError, match=r"'\.txt' does not tell the format"):
        rows_of("table_file", path)


def test_a_bad_line_of_any_format_is_one_entry(tmp_path: Path) -> None:
    lines = tmp_path / "l.jsonl"
    lines.write_bytes(b'\xef\xbb\xbf{"a": 1}\n\n{\n"\xe9"\n' + b"9" * 5000 + b"\n" + b"[" * 100_000 + b'\n{"a": 2}')
    assert [(e.place, e.fields is not None) for e in entries(lines)] == [
        *(("1", True), ("3", False), ("4", False), ("5", False), ("6", False), ("7", True))
    ]
    cells = tmp_path / "c.csv"
    cells.write_text("# a comment\na,b\n1,2\n\n1,2,3\n1\n", encoding="utf-8")
    assert [(e.place, e.fields) for e in entries(cells)] == [
        *(("3", {"a": "1", "b": "2"}), ("5", None), ("6", {"a": "1"}))
    ]


def test_a_line_beyond_all_bounds_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "l.jsonl"
    path.write_bytes(b'{"a": "' + b"x" * 40_000_000 + b'"}\n{"a": 2}\n')
    first, second = entries(path)
    assert first.fault.startswith("a line of more than")
    assert second.fields == {"a": 2}


def test_a_cell_of_a_hundred_thousand_words_is_read(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text(f"prompt,answer\nq,{'word ' * 100_000}\n", encoding="utf-8")
    (made,) = rows_of("table_file", path)
    assert len(made.answer) == 500_000


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.gz", gzip.compress(b'{"prompt": "q", "answer": "a"}\n' * 100, mtime=0)[:-20], "damaged gzip"),
        ("a.json", b'{"a": 1}', "not a JSON list"),
        ("a.json", b'[{"prompt": "q", "answer": "a"}, {', "not JSON after entry 1"),
        ("a.csv", "prompt,answer\né,a\n".encode("latin-1"), "not UTF-8 text"),
        ("a.csv", b'prompt,answer\n"q" x,a\n', "not a table"),
        ("a.csv", b"prompt,prompt\nq,a\n", "two columns are called 'prompt'"),
        ("a.parquet", b"PAR1 nothing", "not a whole Parquet file"),
    ],
)
def test_a_file_that_cannot_be_read_on_is_named(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    path = tmp_path / (name if name != "a.gz" else "a.jsonl.gz")
    path.write_bytes(data)
    with pytest.raises(ConfigError, match=message):
        rows_of("table_file", path)


def test_half_a_character_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"prompt": "\\ud800", "answer": "\\udc00"}', encoding="utf-8")
    (made,) = rows_of("table_file", path)
    made.model_dump_json()


# HH-RLHF transcripts


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
    assert apart.reason == "malformed"


# Published files


@pytest.mark.skipif(not (SHARED / "hh_rlhf").is_dir(), reason="the HH-RLHF transcripts are not beside the checkout")
def test_the_published_transcripts_are_read_whole() -> None:
    (path,) = (SHARED / "hh_rlhf" / "harmless-base").glob("*.gz")
    rows = rows_of("hh_transcripts", path)
    assert len(rows) > 2000
    assert sum(isinstance(row, Dropped) for row in rows) == 5
    pairs = [row for row in rows if isinstance(row, PreferencePair)]
    assert sum(not row.chosen or not row.rejected for row in pairs) == 4


@pytest.mark.skipif(
    not (SHARED / "self_instruct").is_dir(), reason="the Self-Instruct files are not beside the checkout"
)
def test_published_predictions_are_answers_and_nested_seeds_are_refused_by_name() -> None:
    folder = SHARED / "self_instruct"
    rows = rows_of("table_file", next(folder.glob("human_eval/predictions/text-davinci-003*.jsonl")))
    assert (len(rows), all(isinstance(row, SftRow) for row in rows)) == (252, True)
    with pytest.raises(ConfigError, match="no column 'output'; there are id, instances, instruction"):
        rows_of("chats", next(folder.glob("data/*.jsonl")))


@pytest.mark.skipif(not (SHARED / "gsm8k").is_dir(), reason="GSM8K is not beside the checkout")
def test_published_word_problems_are_helpful_rows() -> None:
    rows = rows_of("table_file", next((SHARED / "gsm8k").rglob("train.jsonl")), column_prompt="question")
    assert (len(rows), {row.harm for row in rows}) == (7473, {Harm.NONE})


@pytest.mark.skipif(
    not (SHARED / "pyrit_scorer_evals").is_dir(), reason="PyRIT's label sets are not beside the checkout"
)
def test_comments_before_a_published_header_are_passed_over() -> None:
    for path in (SHARED / "pyrit_scorer_evals").rglob("*.csv"):
        first = next(entries(path))
        assert first.fields is not None
        assert {"assistant_response", "objective"} & set(first.fields), path.name
