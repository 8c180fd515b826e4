"""A guild's own prompt filters: words, and regular expressions that cannot hang the bot.

Expressions are RE2's: the time that one takes grows with the length of the prompt and no faster,
and the memory is bounded, whatever a moderator typed. The price is that RE2 has no look-around and
no back-references.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from bot.errors import NotUnderstood
from bot.language import _
from bot.moderation.wording import any_of, plain
from storage.moderation_tables import FilterKind
from storage.rules import PromptFilter

if TYPE_CHECKING:
    import re2

PATTERN_MAX_CHARS = 200
MAX_FILTERS = 100
# Bytes that one compiled expression and its search may take.
EXPRESSION_MAX_BYTES = 1 << 20
COMPILED_KEPT = 512


def check_pattern(kind: FilterKind, pattern: str) -> str:
    """The pattern as it is kept.

    Raises:
        NotUnderstood: It is empty, or no expression of RE2's.
    """
    kept = plain(pattern) if kind is FilterKind.WORDS else pattern.strip()
    if not kept:
        raise NotUnderstood(_("Tell me what no prompt may contain."))
    if kind is FilterKind.WORDS:
        return kept
    # Here and below, not at the top: most bots have no expression, and it is two MiB.
    import re2

    try:
        _compiled(kind, kept)
    except re2.error as error:
        told = _(
            "I cannot read that expression: {why}. Look-around and back-references do not work."
        )
        raise NotUnderstood(told.format(why=_message(error))) from error
    return kept


def first_hit(filters: Iterable[PromptFilter], texts: Sequence[str]) -> PromptFilter | None:
    """The first of ``filters`` that one of ``texts`` runs into."""
    plain_texts = [plain(text) for text in texts]
    for one in filters:
        found = _compiled(one.kind, one.pattern)
        read = plain_texts if one.kind is FilterKind.WORDS else texts
        if any(found.search(text) for text in read):
            return one
    return None


@lru_cache(maxsize=COMPILED_KEPT)
def _compiled(kind: FilterKind, pattern: str) -> "re.Pattern[str] | Any":
    if kind is FilterKind.WORDS:
        return any_of([pattern])
    import re2

    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = EXPRESSION_MAX_BYTES
    return re2.compile(pattern, options)


def _message(error: "re2.error") -> str:
    [reason, *_rest] = error.args or ("",)
    return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
