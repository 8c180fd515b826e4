"""What importing the bot may not pull in: the bot process stays small and starts at once."""

import json
import pkgutil
import subprocess
import sys

import bot

HEAVY = ("torch", "diffusers", "transformers")

PROGRAM = """
import importlib, json, sys, warnings
warnings.simplefilter("ignore")  # discord.py imports audioop
for name in json.loads(sys.argv[1]):
    importlib.import_module(name)
print(json.dumps(sorted(sys.modules)))
"""


def modules_after(names: list[str]) -> set[str]:
    """All that a fresh interpreter holds after importing ``names``."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(names)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout))


def test_no_module_of_the_bot_pulls_in_torch() -> None:
    names = [found.name for found in pkgutil.walk_packages(bot.__path__, "bot.")]
    assert {"bot.cli.app", "bot.demo.page", "bot.files.batch", "bot.run"} <= set(names)
    loaded = modules_after(names)
    assert set(names) <= loaded
    assert not loaded.intersection(HEAVY)


def test_the_command_line_needs_no_simulated_discord() -> None:
    loaded = modules_after(["bot.cli.app"])
    assert "bot.cli.app" in loaded
    assert "simcord" not in loaded
