"""Embedded prompts, the most recent of them kept: jobs of one member often repeat theirs."""

from collections import OrderedDict
from collections.abc import Callable

from engine.families.adapter import Embedding

PROMPT_CACHE_ENTRIES = 64


class PromptCache:
    """What ``embed`` makes of prompts, so that none is read twice in a row of jobs."""

    def __init__(self, embed: Callable[[str], Embedding]) -> None:
        self._embed = embed
        self._entries: OrderedDict[str, Embedding] = OrderedDict()

    def get(self, prompt: str) -> Embedding:
        """The prompt's embedding, made now or known from before."""
        if prompt in self._entries:
            self._entries.move_to_end(prompt)
            return self._entries[prompt]
        entry = self._entries[prompt] = self._embed(prompt)
        if len(self._entries) > PROMPT_CACHE_ENTRIES:
            self._entries.popitem(last=False)
        return entry


def token_count(tokenizer: object, prompt: str) -> int:
    """How many tokens the prompt has, special ones included."""
    return len(tokenizer(prompt, truncation=False, verbose=False).input_ids)  # type: ignore[operator]  # transformers has no types here
