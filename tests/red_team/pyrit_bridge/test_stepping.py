"""Coroutines as dialogues: questions go out one by one, several may wait, everything is cleared away."""

import asyncio

import pytest

from breakfix.protocols import Ask, Dialogue
from breakfix.records import Conversation, assistant, user
from breakfix.red_team.pyrit_bridge.stepping import Desk, desk, run_at_once, stepped


def question(text: str) -> Ask:
    return Ask((user(text),))


def ends(dialogue: Dialogue, answer: str) -> Conversation:
    with pytest.raises(StopIteration) as end:
        dialogue.send(assistant(answer))
    return end.value.value


async def two_turns(own: Desk) -> Conversation:
    first = await own.ask(question("one"))
    await asyncio.sleep(0)
    second = await own.ask(question(f"two after {first}"))
    return (user("one"), assistant(second))


async def side_by_side(own: Desk) -> Conversation:
    async def branch(name: str) -> str:
        first = await own.ask(question(name))
        return await own.ask(question(f"{name}{first}"))

    answers = await asyncio.gather(*(branch(name) for name in "abc"))
    return (user("all"), assistant("|".join(answers)))


def nothing(_: set[str]) -> None:
    """Clears nothing."""


def test_it_stands_still_where_an_answer_is_awaited() -> None:
    dialogue = stepped(two_turns, nothing)
    assert next(dialogue) == question("one")
    assert dialogue.send(assistant("x")) == question("two after x")
    assert ends(dialogue, "y") == (user("one"), assistant("y"))


def test_questions_side_by_side_are_asked_one_after_another_step_by_step() -> None:
    dialogue = stepped(side_by_side, nothing)
    asked, ask = [], next(dialogue)
    for turn in range(6):
        asked.append(ask.conversation[-1].text)
        if turn < 5:
            ask = dialogue.send(assistant(str(turn)))
    assert asked == ["a", "b", "c", "a0", "b1", "c2"]
    assert ends(dialogue, "5")[-1].text == "3|4|5"


def test_many_run_interleaved_each_at_its_own_desk() -> None:
    async def who(own: Desk) -> Conversation:
        await own.ask(question("?"))
        assert desk() is own
        return await two_turns(own)

    dialogues = [stepped(who, nothing) for _ in range(50)]
    for dialogue in dialogues:
        next(dialogue)
    for dialogue in dialogues:
        assert dialogue.send(assistant("")) == question("one")
    for number, dialogue in enumerate(reversed(dialogues)):
        assert dialogue.send(assistant(str(number))) == question(f"two after {number}")
    assert desk() is None


def test_an_exception_comes_out_of_the_dialogue_and_all_is_cleared() -> None:
    async def failing(own: Desk) -> Conversation:
        own.held.add("mine")
        await own.ask(question("?"))
        raise KeyError("lost")

    cleared: list[set[str]] = []
    dialogue = stepped(failing, cleared.append)
    next(dialogue)
    with pytest.raises(KeyError, match="lost"):
        dialogue.send(assistant("!"))
    assert cleared == [{"mine"}]


def test_a_closed_dialogue_cancels_all_its_tasks() -> None:
    cancelled: list[str] = []

    async def patient(own: Desk) -> Conversation:
        async def branch(name: str) -> str:
            try:
                return await own.ask(question(name))
            except asyncio.CancelledError:
                cancelled.append(name)
                raise

        await asyncio.gather(branch("a"), branch("b"))
        return ()

    dialogue = stepped(patient, nothing)
    next(dialogue)
    dialogue.close()
    assert sorted(cancelled) == ["a", "b"]


def test_a_dialogue_that_was_never_begun_leaves_nothing_behind() -> None:
    stepped(two_turns, nothing).close()


def test_a_neighbour_that_failed_takes_its_waiting_question_back() -> None:
    async def one_fails(own: Desk) -> Conversation:
        async def fails() -> None:
            await own.ask(question("bad"))
            raise ValueError("spoilt")

        waiting = asyncio.ensure_future(own.ask(question("good")))
        try:
            await fails()
        except ValueError:
            waiting.cancel()
        return (user("?"), assistant(await own.ask(question("after"))))

    dialogue = stepped(one_fails, nothing)
    said = [next(dialogue).conversation[-1].text]
    for _ in range(2):
        said.append(dialogue.send(assistant("x")).conversation[-1].text)
        if said[-1] == "after":
            break
    assert said[-1] == "after"
    assert ends(dialogue, "end")[-1].text == "end"


def test_what_asks_nobody_runs_at_once() -> None:
    async def sum_of_two() -> int:
        await asyncio.sleep(0)
        return 2

    assert run_at_once(sum_of_two()) == 2
