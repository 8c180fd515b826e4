"""The catalogues: one .po file a language, compiled in memory when first read."""

import gettext
import io
from functools import cache
from importlib.resources import files

# The sentences in the code; it needs no catalogue.
SOURCE = "en"
LANGUAGES = ("de", "es", "fr", "ja", "pt_BR")

# By the first part of Discord's locale, which is how its documentation names them.
_BY_PREFIX = {"de": "de", "es": "es", "fr": "fr", "ja": "ja", "pt": "pt_BR"}


def language_of(locale: str) -> str:
    """The language that a reader with one of Discord's locales gets, as in `pt_BR` for `pt-BR`."""
    return _BY_PREFIX.get(locale.partition("-")[0].lower(), SOURCE)


@cache
def catalogue(language: str) -> gettext.NullTranslations:
    """The sentences of a language; the source language and unknown ones stay as they are."""
    if language not in LANGUAGES:
        return gettext.NullTranslations()
    # Babel is large, and the decoding processes import this module without ever translating.
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    source = files("bot.language") / "catalogues" / f"{language}.po"
    compiled = io.BytesIO()
    write_mo(compiled, read_po(io.BytesIO(source.read_bytes()), locale=language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def load_all() -> None:
    """Read every catalogue and how numbers are written, so that no member waits for one."""
    from babel import localedata

    for language in LANGUAGES:
        catalogue(language)
    for language in (SOURCE, *LANGUAGES):
        localedata.load(language)
