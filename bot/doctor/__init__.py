"""Tries each part of an installation for real, and says how to mend what is wrong."""

from bot.doctor.examination import examine
from bot.doctor.finding import Finding, Level

__all__ = ["Finding", "Level", "examine"]
