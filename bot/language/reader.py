"""Who reads what is being written right now, and the functions that translate for them."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from bot.language.loading import SOURCE, catalogue, language_of

# Each task has its own, so that two members are answered at once in two languages.
_reader: ContextVar[str] = ContextVar("reader", default=SOURCE)


def reader() -> str:
    """The language that is read right now, as Babel names it."""
    return _reader.get()


def read_by(locale: str) -> None:
    """From here to the end of this task, somebody with that Discord locale reads."""
    _reader.set(language_of(locale))


@contextmanager
def reading(locale: str) -> Iterator[None]:
    """Within, somebody with that Discord locale reads."""
    token = _reader.set(language_of(locale))
    try:
        yield
    finally:
        _reader.reset(token)


def _(text: str) -> str:
    """``text`` in the reader's language; give values by ``.format`` afterwards."""
    # gettext keeps the catalogue's header under the empty text.
    return catalogue(_reader.get()).gettext(text) if text else ""


def ngettext(one: str, many: str, number: int) -> str:
    """The form for ``number`` in the reader's language."""
    return catalogue(_reader.get()).ngettext(one, many, number)


def N_(text: str) -> str:  # noqa: N802  # gettext's own name for it
    """Mark ``text`` for the catalogues and leave it as it is."""
    return text
