"""What is kept of Babel's data is all that numbers, days and time spans need."""

import subprocess
import sys

# In a process of its own: whatever is read first stays for all.
PROGRAM = """
from datetime import date
from babel.dates import format_date, format_skeleton
from bot.language import formats, reading
from bot.language.reader import reader
from bot.language.loading import LANGUAGES, SOURCE, load_all

def said():
    for locale in ("en-US", "en-GB", "de", "es-ES", "es-419", "fr", "ja", "pt-BR", "fi"):
        with reading(locale):
            for value in (0, 0.5, 1, 2, 5, 59, 60, 61, 3600, 86_400, 8 * 86_400, 500 * 86_400):
                yield formats.number(value * 1000, 2), formats.number(value)
                yield formats.percent(value / 100), formats.duration(value), formats.seconds(value)
            for month in range(1, 13):
                day = date(2026, month, 7)
                yield format_date(day, "medium", locale=reader())
                yield format_skeleton("Md", day, locale=reader())

whole = list(said())
load_all()
assert list(said()) == whole
from babel import localedata
assert "territories" not in localedata.load("de")
print(len(set(whole)))
"""


def test_numbers_are_written_the_same_without_the_rest_of_it() -> None:
    found = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stderr
    assert int(found.stdout) > 100
