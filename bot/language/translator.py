"""Names and descriptions of commands and options, for Discord to show in each member's language."""

import asyncio

import discord
from discord import app_commands

from bot.language.loading import LANGUAGES, catalogue, language_of, load_all


class CatalogueTranslator(app_commands.Translator):
    """Looks up in the catalogues what discord.py asks for."""

    async def load(self) -> None:
        """Have every catalogue ready before the first member comes."""
        # Parsing them takes about 0.2 s, unless it was done before the loop began.
        await asyncio.to_thread(load_all)

    async def translate(
        self,
        string: app_commands.locale_str,
        locale: discord.Locale,
        context: app_commands.TranslationContextTypes,
    ) -> str | None:
        """The text in ``locale``; None where it is read as it stands."""
        language = language_of(locale.value)
        if language not in LANGUAGES:
            return None
        translated = catalogue(language).gettext(string.message)
        return None if translated == string.message else translated
