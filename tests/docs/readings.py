"""For each program that the documents name, what is wrong with a call of it; None if nothing is."""

import importlib.util
import re
import shutil
import subprocess
import tomllib
from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise
from typing import Any

import typer
import yaml
from click import ClickException
from typer.exceptions import TyperException

from bot.cli.app import app
from bot.settings import PREFIX, Settings
from tests.docs.markdown import ROOT

# Where the documents may have a program of ours.
FOLDERS = (".venv/bin/", "/opt/restyle/bin/", "restyle/bin/")
ASSIGNMENT = re.compile(r"([A-Z][A-Z0-9_]*)=")
# How a call is answered that leaves something out.
MISSING = re.compile(r"Missing (argument|option|parameter)|Option '\S+' requires an argument")
RESTYLE: Any = typer.main.get_command(app)
UNITS = {path.stem for path in (ROOT / "deploy" / "systemd").glob("*.service")}
SYSTEMCTL = {"daemon-reload", "enable", "reload", "restart", "status", "stop"}
# What compose is asked for, and the options after it that take a value.
COMPOSE = {"build", "exec", "kill", "logs", "ps", "run", "stop", "up"}
COMPOSE_VALUES = {"--signal", "--profile", "-f"}
COMPOSE_FLAGS = {"--detach", "--follow", "--rm"}
# Variables of programs that are not ours.
OTHERS = {
    "AWS_ACCESS_KEY_ID",
    "AWS_ENDPOINT_URL",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "PYTHON",
    "RAY_AUTH_MODE",
    "RAY_AUTH_TOKEN_PATH",
    "STORAGE_DRIVER",
}


def said_of(words: list[str]) -> str | None:
    """What is wrong with one command, its variables included."""
    while words and (words[0] in ("sudo", "export") or ASSIGNMENT.match(words[0])):
        found = ASSIGNMENT.match(words[0])
        if found and found[1] not in _variables():
            return f"nothing reads {found[1]}"
        words = words[1:]
    if not words:
        return None
    name = program(words[0])
    return READINGS[name](words) if name else f"nobody checks {words[0]}"


def program(word: str) -> str | None:
    """The program that a word names, None if it is unknown here."""
    for folder in FOLDERS:
        word = word.removeprefix(folder)
    return word if word in READINGS else None


@cache
def _variables() -> set[str]:
    """Every variable that something of ours reads."""
    ours = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | {f"{PREFIX}CONFIG"}
    files = ["Makefile", "deploy/prove-image.sh", *(path.name for path in ROOT.glob("compose*"))]
    files += [str(path) for path in (ROOT / "deploy" / "systemd").glob("*.service")]
    text = "\n".join((ROOT / file).read_text("utf-8") for file in files)
    return ours | OTHERS | set(re.findall(r"\$\{?([A-Z][A-Z0-9_]+)\b", text))


def _restyle(words: list[str]) -> str | None:
    """A whole call, parsed by the real command line as far as running it."""
    command, arguments, context = RESTYLE, words[1:], None
    if "…" in arguments:
        arguments = arguments[: arguments.index("…")]
        return None if _group(arguments) else f"{arguments} is no group"
    try:
        while arguments or not hasattr(command, "commands"):
            context = command.make_context(command.name, list(arguments), parent=context)
            if not hasattr(command, "commands"):
                return None
            _, command, arguments = command.resolve_command(
                context, [*context._protected_args, *context.args]
            )
    except TyperException as error:
        return error.format_message()
    except typer.Exit:
        return None
    return "Missing argument: a command of this group"


def _group(words: list[str]) -> bool:
    command = RESTYLE
    for word in words:
        command = command.commands[word]
    return hasattr(command, "commands")


def _make(words: list[str]) -> str | None:
    text = (ROOT / "Makefile").read_text("utf-8")
    [phony] = re.findall(r"^\.PHONY: (.+)$", text, re.MULTILINE)
    targets = [word for word in words[1:] if "=" not in word]
    given = [word.partition("=")[0] for word in words[1:] if "=" in word]
    unknown = [word for word in targets if word not in phony.split()]
    unknown += [name for name in given if f"\n{name} ?=" not in text]
    return f"the Makefile has no {unknown}" if unknown else None


def _compose_services(files: Sequence[str] = ()) -> dict[str, Any]:
    """The services of the files that ``-f`` names, or of the one that is read without it."""
    found: dict[str, Any] = {}
    for name in files or ("compose.yaml",):
        found |= yaml.safe_load((ROOT / name).read_text())["services"]
    return found


def _docker(words: list[str]) -> str | None:
    if words[1] == "compose":
        return _compose(words[2:])
    if words[1:4] != ["buildx", "imagetools", "inspect"]:
        return f"nobody checks docker {words[1]}"
    known = f"/{words[4]}\n" in (ROOT / "Dockerfile").read_text("utf-8")
    return None if known else f"{words[4]} is not the base image"


def _compose(rest: list[str]) -> str | None:
    asked = ""
    files = [value for option, value in pairwise(rest) if option == "-f"]
    if missing := [name for name in files if not (ROOT / name).is_file()]:
        return f"there is no file {missing[0]}"
    services = _compose_services(files)
    while rest:
        word, rest = rest[0], rest[1:]
        if word in COMPOSE_VALUES:
            said, rest = _compose_value(word, rest[0], services), rest[1:]
        elif word.startswith("-"):
            said = None if word in COMPOSE_FLAGS else f"nobody checks {word}"
        elif not asked:
            asked = word
            said = None if word in COMPOSE else f"nobody checks docker compose {word}"
        elif word not in services:
            said = f"there is no service {word}"
        elif asked in ("run", "exec"):
            # `run` adds to the image's entry point, `exec` says all of it.
            return said_of(["restyle", *rest] if asked == "run" else rest)
        else:
            said = None
        if said is not None:
            return said
    return None


def _compose_value(option: str, value: str, services: dict[str, Any]) -> str | None:
    profiles = {name for one in services.values() for name in one.get("profiles", [])}
    if option == "--profile" and value not in profiles:
        return f"there is no profile {value}"
    return None


def _systemctl(words: list[str]) -> str | None:
    if words[1] not in SYSTEMCTL:
        return f"nobody checks systemctl {words[1]}"
    unknown = [word for word in words[2:] if not word.startswith("-") and word not in UNITS]
    return f"there is no unit {unknown}" if unknown else _options(words)


def _journalctl(words: list[str]) -> str | None:
    unit = words[words.index("--unit") + 1]
    return _options(words) if unit in UNITS else f"there is no unit {unit}"


def _options(words: list[str]) -> str | None:
    """Each long option stands in what the program says of itself, where it is installed."""
    wanted = {word.partition("=")[0] for word in words[1:] if word.startswith("--")}
    if shutil.which(words[0]) is None or not wanted:
        return None
    done = subprocess.run([words[0], "--help"], capture_output=True, text=True, check=False)
    known = set(re.findall(r"--[\w-]+", done.stdout + done.stderr))
    return f"{words[0]} knows no {wanted - known}" if wanted - known else None


def _pip(words: list[str]) -> str | None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    if words[1] != "install":
        return f"nobody checks pip {words[1]}"
    for word in words[2:]:
        # Under its name no index has it.
        extras = re.fullmatch(r"\.(?:\[([\w,]+)\])?", word)
        if extras is None and not word.startswith("-") and not (ROOT / word).is_file():
            return f"{word} is neither this project nor a file of it"
        named = set((extras[1] or "").split(",")) - {""} if extras else set()
        if unknown := named - set(project["optional-dependencies"]):
            return f"there are no extras {unknown}"
    return None


def _python(words: list[str]) -> str | None:
    module = words[words.index("-m") + 1] if "-m" in words else ""
    if module == "venv":
        return None
    if module == "pytest":
        paths = [word for word in words[3:] if word.startswith("tests")]
        gone = [path for path in paths if not (ROOT / path).exists()]
        return f"there is no {gone}" if gone else None
    if module and importlib.util.find_spec(module) is not None:
        return None
    return f"there is no module {module}" if module else "nobody checks this"


def _ray(words: list[str]) -> str | None:
    from ray.scripts.scripts import cli

    command: Any = cli.commands[words[1]]
    try:
        command.make_context(words[1], words[2:], resilient_parsing=False)
    except ClickException as error:
        return str(error)
    return None


def _script(words: list[str]) -> str | None:
    path = ROOT / words[0]
    return None if path.is_file() and path.stat().st_mode & 0o111 else "it cannot be run"


def _git(words: list[str]) -> str | None:
    return None if words[1] == "clone" else f"nobody checks git {words[1]}"


def _anything(_: list[str]) -> str | None:
    return None


READINGS: dict[str, Callable[[list[str]], str | None]] = {
    "restyle": _restyle,
    "make": _make,
    "docker": _docker,
    "systemctl": _systemctl,
    "journalctl": _journalctl,
    "groupadd": _options,
    "useradd": _options,
    "pip": _pip,
    "python": _python,
    "python3": _python,
    "ray": _ray,
    "git": _git,
    "deploy/prove-image.sh": _script,
    ".ci/run": _script,
    # Nothing in their words belongs to this project.
    "chmod": _anything,
    "openssl": _anything,
    "pg_dump": _anything,
}
