"""Every command in the documents is one that can be typed."""

import pytest

from tests.docs.markdown import ROOT, fenced_lines
from tests.docs.shell import PAGES, complaint, hidden, spoken, typed


@pytest.mark.parametrize("page", PAGES)
def test_every_command_to_be_typed_is_one(page: str) -> None:
    assert [said for line in typed(page) if (said := complaint(line))] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_command_in_the_text_is_one(page: str) -> None:
    assert [said for line in spoken(page) if (said := complaint(line, in_text=True))] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_variable_that_a_file_is_to_set_is_read(page: str) -> None:
    names = [line.partition("=")[0] for line in fenced_lines(page, "ini")]
    assert [said for name in names if (said := complaint(f"{name}=x"))] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_block_of_commands_says_so(page: str) -> None:
    assert hidden(page) == []


def test_every_page_is_looked_at() -> None:
    pages = {path.relative_to(ROOT).as_posix() for path in ROOT.glob("*.md")}
    for folder in ("bot", "docs", "engine", "storage"):
        pages |= {path.relative_to(ROOT).as_posix() for path in (ROOT / folder).rglob("*.md")}
    assert pages == set(PAGES)


def test_there_is_something_to_look_at() -> None:
    assert sum(len(typed(page)) for page in PAGES) > 30
    assert sum(len(spoken(page)) for page in PAGES) > 80


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("restyle paint", "No such command 'paint'"),
        ("restyle db backup", "Missing argument"),
        ("restyle db", "Missing argument: a command of this group"),
        ("/opt/restyle/bin/restyle doctor --xml", "No such option: --xml"),
        ("restyle image a.png -o b.png --prompt x --strength lots --count 0", "--count"),
        ("restyle doctor …", "no group"),
        ("make tea", "the Makefile has no ['tea']"),
        ("make install PYTHN=python3.12", "the Makefile has no ['PYTHN']"),
        ("RESTYLE_DALY_QUOTA=3", "nothing reads RESTYLE_DALY_QUOTA"),
        ("docker compose up --detach web", "there is no service web"),
        ("docker compose --profile mysql up", "there is no profile mysql"),
        ("docker compose -f compose.gpu.yaml up", "there is no file compose.gpu.yaml"),
        ("docker compose exec bot restyle health --redy", "No such option: --redy"),
        ("docker compose run --rm bot health --redy", "No such option: --redy"),
        ("docker compose down", "nobody checks docker compose down"),
        ("systemctl restart restyle-web", "there is no unit"),
        ("journalctl --unit restyle", "there is no unit restyle"),
        ("pip install '.[cuda]'", "there are no extras {'cuda'}"),
        ("pip install 'restyle-bot[s3]'", "is neither this project nor a file of it"),
        ("python -m engine.embedded.trainer", "there is no module"),
        ("python -m pytest tests/bots", "there is no ['tests/bots']"),
        ("restyle/bin/ray start --heads", "--heads"),
        ("deploy/prove.sh", "nobody checks deploy/prove.sh"),
        ("curl -O address", "nobody checks curl"),
        ("make demo && make tea", "the Makefile has no ['tea']"),
    ],
)
def test_a_command_that_is_none_is_noticed(line: str, why: str) -> None:
    assert why in (complaint(line) or "")
