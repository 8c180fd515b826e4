"""The compose file of a cluster: closed as the other one is, and its nodes fit together."""

import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.settings import PREFIX, Settings
from tests.docs.markdown import ROOT, text_of

FILE = "compose.cluster.yaml"


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / FILE).read_text("utf-8"))["services"]
    return found


def started(service: dict[str, Any]) -> dict[str, str]:
    """The options of its `ray start`, by name; those without a value are empty."""
    words = shlex.split(service["command"][0].replace("${RAY_HEAD:-127.0.0.1}", "10.0.0.1"))
    options: dict[str, str] = {}
    for word, after in zip(words, [*words[1:], ""], strict=True):
        if word.startswith("--"):
            options[word] = "" if after.startswith("--") else after
    return options


@pytest.mark.parametrize("name", ["first", "further"])
def test_a_node_wants_the_token_and_may_do_no_more_than_it_must(
    services: dict[str, Any], name: str
) -> None:
    node = services[name]
    assert node["environment"]["RAY_AUTH_MODE"] == "token"
    assert node["environment"]["RAY_AUTH_TOKEN_PATH"] == "/run/secrets/ray-token"
    assert (node["read_only"], node["cap_drop"]) == (True, ["ALL"])
    assert "--disable-usage-stats" in started(node)
    # The bot's token is none of a worker's business.
    assert ("env_file" in node) == (name == "first")


def test_further_nodes_find_the_head_and_open_the_same_ports(services: dict[str, Any]) -> None:
    first, further = started(services["first"]), started(services["further"])
    assert further["--address"] == f"{first['--node-ip-address']}:{first['--port']}"
    assert first["--include-dashboard"] == "false"
    own = first.pop("--port")
    ports = {name: value for name, value in first.items() if name.endswith("-port")}
    assert ports == {name: further[name] for name in ports}
    # docs/scaling.md is where an operator reads which ones to open.
    told = text_of("docs/scaling.md")
    assert all(re.search(rf"\b{port}\b", told) for port in [*ports.values(), own])


def test_what_is_named_is_there(services: dict[str, Any]) -> None:
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    named = {n for n in services["first"]["environment"] if n.startswith(PREFIX)}
    assert named <= known
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = services["first"]["build"]["args"]["EXTRAS"].split()
    assert set(extras) <= set(project["optional-dependencies"])
    assert Path(ROOT / services["first"]["build"]["context"] / "Dockerfile").exists()
