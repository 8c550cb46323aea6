"""Names for the requests of one call, so that each can have its own random stream."""

from collections import Counter
from collections.abc import Sequence

from breakfix.records import Conversation, content_id


def request_keys(conversations: Sequence[Conversation]) -> list[str]:
    """A name per conversation: of what it says, and of how often the same was asked before it in this call.

    It does not depend on the other conversations, so a sampled reply stays the same whatever it is batched with.
    """
    asked: Counter[str] = Counter()
    keys: list[str] = []
    for conversation in conversations:
        content = content_id(conversation)
        keys.append(f"{content}-{asked[content]}")
        asked[content] += 1
    return keys
