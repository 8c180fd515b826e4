"""The catalogues: one .po file a language, compiled in memory when first read."""

import gettext
import io
from collections.abc import MutableMapping
from functools import cache
from importlib.resources import files
from typing import Any

# The sentences in the code; it needs no catalogue.
SOURCE = "en"
LANGUAGES = ("de", "es", "fr", "ja", "pt_BR")

# Babel's data that nothing of ours asks for: names of places and currencies above all. It would be
# some MiB for these languages.
_NEVER_TOLD = (
    *("languages", "territories", "scripts", "variants", "time_zones", "meta_zones"),
    *("zone_formats", "currency_names", "currency_names_plural", "currency_symbols"),
    *("currency_formats", "currency_unit_patterns", "compact_currency_formats"),
    *("compact_decimal_formats", "interval_formats", "compound_unit_patterns"),
)
_UNITS_TOLD = "duration"

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
    # Each is filled up from its parents, which are kept as well; so these come first.
    parents = ("root", SOURCE, *(language.partition("_")[0] for language in LANGUAGES))
    for name in dict.fromkeys((*parents, *LANGUAGES)):
        _drop_what_is_never_told(localedata.load(name))


def _drop_what_is_never_told(data: MutableMapping[str, Any]) -> None:
    for key in _NEVER_TOLD:
        data.pop(key, None)
    for key in ("unit_patterns", "unit_display_names"):
        units = data.get(key, {})
        for unit in [unit for unit in units if not unit.startswith(_UNITS_TOLD)]:
            del units[unit]
