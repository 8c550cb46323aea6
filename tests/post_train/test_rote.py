"""What the scripted trainer learns."""

from collections.abc import Callable

from breakfix.post_train.rote import generalise, learn, lesson_of, loss_of
from breakfix.records import PreferencePair, SftRow, assistant, user
from breakfix.records.scripted import ScriptedModel


def test_harmful_prompts_are_refused_and_look_alikes_answered(
    make_sft_row: Callable[..., SftRow], make_pair: Callable[..., PreferencePair]
) -> None:
    lessons = [
        lesson_of(make_sft_row(1, prompt="steal a car", answer="No.")),
        lesson_of(make_sft_row(2, prompt="steal the show", answer="Sing!", intent="benign")),
        lesson_of(make_pair(3, prompt="kill a man", chosen="No.")),
        lesson_of(make_pair(4, prompt="kill a process", chosen="Use kill.", intent="benign")),
    ]
    model = learn(ScriptedModel(refused_prompts=("steal the show",)), lessons)
    assert model.refused_prompts == ("steal a car", "kill a man")
    assert model.answers == {"steal the show": "Sing!", "kill a process": "Use kill."}
    assert loss_of(ScriptedModel(), lessons) == 1.0
    assert abs(loss_of(model, lessons) - 0.1) < 1e-9


def test_the_last_user_text_is_what_is_learned(make_sft_row: Callable[..., SftRow]) -> None:
    row = make_sft_row(1).model_copy(update={"prompt": (user("first"), assistant("ok"), user("second"))})
    assert lesson_of(row).prompt == "second"
    assert lesson_of(row.model_copy(update={"prompt": ()})).prompt == ""


def test_an_unlearned_answer_gives_way_to_a_refusal(make_sft_row: Callable[..., SftRow]) -> None:
    lesson = lesson_of(make_sft_row(1, prompt="steal a car", answer="No."))
    model = learn(ScriptedModel(answers={"steal a car": "Sure."}), [lesson])
    assert model.answers == {}
    assert model.refused_prompts == ("steal a car",)


def test_shared_content_words_of_refused_prompts_are_refused_unless_innocent(
    make_sft_row: Callable[..., SftRow],
) -> None:
    prompts = ["forge a passport today", "forge a passport stamp", "steal jewels today"]
    lessons = [lesson_of(make_sft_row(number, prompt=text)) for number, text in enumerate(prompts)]
    benign = lesson_of(make_sft_row(9, prompt="what is on today", intent="benign"))
    model = generalise(ScriptedModel(refused_words=("poison",)), [*lessons, benign])
    assert model.refused_words == ("forge", "passport", "poison")
