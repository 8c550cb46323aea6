"""What all prompts of a batch begin with is found exactly."""

from hypothesis import given
from hypothesis import strategies as st

from breakfix.targets.local.prefill import shared_prefix

PROMPTS = st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=8), min_size=1, max_size=6)


@given(PROMPTS, st.lists(st.integers(0, 2), max_size=5))
def test_the_shared_prefix_is_the_longest_that_leaves_a_token_to_each(
    prompts: list[list[int]], beginning: list[int]
) -> None:
    prompts = [beginning + prompt for prompt in prompts]
    shared = shared_prefix(prompts)
    most = min(len(prompt) for prompt in prompts) - 1
    assert len({tuple(prompt[:shared]) for prompt in prompts}) == 1
    assert shared == most or len({prompt[shared] for prompt in prompts}) > 1
