"""docs/settings.md tells every setting, with the default and the words of the code."""

import os
import tomllib
from pathlib import Path

import pytest
from pydantic.fields import FieldInfo

from bot.settings import PREFIX, Settings, load_settings
from tests.docs.markdown import fenced_lines, table_rows

DOCUMENT = "docs/settings.md"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the developer's own gets in."""
    monkeypatch.chdir(tmp_path)
    for name in os.environ:
        if name.startswith(PREFIX):
            monkeypatch.delenv(name)


def _expected(name: str, field: FieldInfo) -> tuple[str, ...]:
    return f"`{PREFIX}{name.upper()}`", _default(field), field.description or "no description"


def _default(field: FieldInfo) -> str:
    if field.default_factory is not None:
        # A folder that is another one on each machine.
        return "the user's data folder"
    match field.default:
        case None | ():
            return "none"
        case bool() as value:
            return f"`{str(value).lower()}`"
        case float() as value:
            return f"`{value:g}`"
        case tuple() as values:
            return f"`{','.join(map(str, values))}`"
        case value:
            return f"`{value}`"


def test_every_setting_is_told_as_it_is() -> None:
    expected = [_expected(name, field) for name, field in Settings.model_fields.items()]
    assert sorted(table_rows(DOCUMENT)) == sorted(expected)


def test_only_the_data_folder_has_a_default_that_is_made() -> None:
    made = [name for name, field in Settings.model_fields.items() if field.default_factory]
    assert made == ["data_dir"]


@pytest.mark.parametrize(
    "document", ["README.md", DOCUMENT, "docs/checkpoints.md", "docs/install.md"]
)
def test_examples_of_env_files_are_taken(document: str, tmp_path: Path) -> None:
    lines = [line for line in fenced_lines(document, "ini") if line.startswith(PREFIX)]
    (tmp_path / ".env").write_text("\n".join(lines), "utf-8")
    settings = load_settings()
    assert lines
    assert len(settings.model_fields_set) == len(lines)


def test_the_example_of_a_toml_file_is_taken(tmp_path: Path) -> None:
    example = "\n".join(fenced_lines(DOCUMENT, "toml"))
    (tmp_path / "restyle.toml").write_text(example, "utf-8")
    assert load_settings().model_fields_set == set(tomllib.loads(example))
