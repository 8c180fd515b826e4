"""The bot process stays free of torch: it starts quickly and small."""

import pkgutil
import subprocess
import sys

import bot

CHECK = """
import importlib, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
heavy = {"torch", "diffusers", "transformers"} & set(sys.modules)
print(",".join(sorted(heavy)))
"""


def test_no_module_of_the_bot_pulls_in_torch() -> None:
    # The entry of the decoding process runs when it is imported as a program only.
    names = [module.name for module in pkgutil.walk_packages(bot.__path__, "bot.")]
    assert "bot.client" in names
    command = [sys.executable, "-W", "ignore", "-c", CHECK, *names]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
