"""Strength as members say it: a number, a percentage, or one of four words."""

from discord import app_commands

from bot.errors import MemberError
from bot.jobs.wish import MAX_STRENGTH, MIN_STRENGTH
from bot.language import N_, _

NAMED = {
    "subtle": (0.3, N_("keeps the picture nearly whole")),
    "balanced": (0.55, N_("keeps the composition, changes the style")),
    "bold": (0.75, N_("keeps the rough layout")),
    "reinvent": (0.95, N_("hardly looks back")),
}


class BadStrength(MemberError):
    """The text is no strength."""


def parse_strength(text: str) -> float:
    """Read "0.6", "0,6", "60 %", ".6" or "bold"; raise ``BadStrength`` for anything else."""
    word = text.strip().lower()
    if word in NAMED:
        return NAMED[word][0]
    number = word.removesuffix("%").strip().replace(",", ".")
    try:
        value = float(number)
    except ValueError:
        raise BadStrength(_sentence()) from None
    if word.endswith("%"):
        value /= 100
    if not MIN_STRENGTH <= value <= MAX_STRENGTH:
        raise BadStrength(_sentence())
    return value


def strength_choices(typed: str) -> list[app_commands.Choice[str]]:
    """What autocomplete offers for what was ``typed`` so far."""
    typed = typed.strip().lower()
    named = [
        app_commands.Choice(name=f"{name} {value:.2f}: {_(meaning)}", value=f"{value:.2f}")
        for name, (value, meaning) in NAMED.items()
        if typed in name or typed in f"{value:.2f}"
    ]
    try:
        value = parse_strength(typed)
    except BadStrength:
        return named
    own = app_commands.Choice(name=f"{value:.2f}", value=f"{value:.2f}")
    return named if any(choice.value == own.value for choice in named) else [own, *named]


def _sentence() -> str:
    sentence = _("Strength is a number from {least} to {most}, or one of: {words}.")
    return sentence.format(least=MIN_STRENGTH, most=MAX_STRENGTH, words=", ".join(NAMED))
