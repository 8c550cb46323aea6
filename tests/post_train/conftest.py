"""Rows, a toy checkpoint with a byte-level chat tokenizer, and a scripted one."""

import random
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from breakfix.records import Harm, PreferencePair, Provenance, SftRow, user
from breakfix.records.scripted import SCRIPTED_FILE, ScriptedModel

WORDS = ("tell", "about", "knife", "kitchen", "garden", "history", "music", "travel", "water", "health", "bank", "lock")
CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


def provenance(row: str) -> Provenance:
    return Provenance(source="test", row=row, licence="CC0-1.0", operation="repair", written_by="template", round=1)


def sft_row(number: int, *, prompt: str = "", answer: str = "", intent: str = "harmful") -> SftRow:
    draw = random.Random(number)  # noqa: S311 - test data
    return SftRow(
        id=f"s{number:03d}",
        prompt=(user(prompt or " ".join(draw.choices(WORDS, k=draw.randint(1, 4)))),),
        answer=answer or " ".join(draw.choices(WORDS, k=draw.randint(1, 5))),
        harm=Harm.OTHER,
        intent=intent,
        group=f"g{number}",
        provenance=provenance(str(number)),
    )


def pair(
    number: int, *, prompt: str = "", chosen: str = "", rejected: str = "", intent: str = "harmful"
) -> PreferencePair:
    draw = random.Random(1000 + number)  # noqa: S311 - test data
    return PreferencePair(
        id=f"p{number:03d}",
        prompt=(user(prompt or " ".join(draw.choices(WORDS, k=draw.randint(1, 4)))),),
        chosen=chosen or "no, " + " ".join(draw.choices(WORDS, k=draw.randint(1, 4))),
        rejected=rejected or "yes, " + " ".join(draw.choices(WORDS, k=draw.randint(1, 5))),
        harm=Harm.OTHER,
        intent=intent,
        group=f"g{number}",
        provenance=provenance(str(number)),
    )


@pytest.fixture(scope="session")
def make_sft_row() -> Callable[..., SftRow]:
    return sft_row


@pytest.fixture(scope="session")
def make_pair() -> Callable[..., PreferencePair]:
    return pair


@pytest.fixture(scope="session")
def sft_rows() -> Sequence[SftRow]:
    return [sft_row(number, intent="harmful" if number % 2 else "benign") for number in range(22)]


@pytest.fixture(scope="session")
def pairs() -> Sequence[PreferencePair]:
    return [pair(number) for number in range(12)]


@pytest.fixture(scope="session")
def scripted_start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scripted")
    (folder / SCRIPTED_FILE).write_text(ScriptedModel().model_dump_json())
    return folder


@pytest.fixture(scope="session")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A two-layer Llama with tied embeddings and one token per byte, as a checkpoint folder."""
    torch = pytest.importorskip("torch")
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: number for number, token in enumerate([*special, *alphabet])}
    backend = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    backend.add_special_tokens(special)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=backend, bos_token=special[1], eos_token=special[2], pad_token=special[2]
    )
    tokenizer.chat_template = CHATML
    torch.manual_seed(0)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(vocabulary),
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=256,
            tie_word_embeddings=True,
            bos_token_id=1,
            eos_token_id=2,
            pad_token_id=2,
            initializer_range=0.2,
        )
    )
    folder = tmp_path_factory.mktemp("toy")
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
