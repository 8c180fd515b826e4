"""Settings: where they come from, what is refused, and that the token stays secret."""

import json
from pathlib import Path

import pytest
import structlog

from bot.errors import SettingsError
from bot.log import configure_logging
from bot.settings import Settings, load_settings


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the developer's own gets in."""
    monkeypatch.chdir(tmp_path)


def test_arguments_win_over_environment_over_env_file_over_toml(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "restyle.toml").write_text("daily_quota = 1\nmax_attempts = 1\ndevice = 'cpu'\n")
    (tmp_path / ".env").write_text("RESTYLE_DAILY_QUOTA=2\nRESTYLE_MAX_ATTEMPTS=2\n")
    assert load_settings().daily_quota == 2
    monkeypatch.setenv("RESTYLE_DAILY_QUOTA", "3")
    settings = load_settings()
    assert (settings.daily_quota, settings.max_attempts, settings.device) == (3, 2, "cpu")
    assert load_settings(daily_quota=4).daily_quota == 4


def test_another_toml_file_can_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.toml").write_text("daily_quota = 7\n")
    monkeypatch.setenv("RESTYLE_CONFIG", str(tmp_path / "mine.toml"))
    assert load_settings().daily_quota == 7


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("RESTYLE_DAILY_QUOTA", "-1", "RESTYLE_DAILY_QUOTA is not valid"),
        ("RESTYLE_DAILY_QUOTA", "many", "RESTYLE_DAILY_QUOTA is not valid"),
        ("RESTYLE_ENGINE", "cloud", "RESTYLE_ENGINE is not valid"),
        ("RESTYLE_DALY_QUOTA", "1", "no setting RESTYLE_DALY_QUOTA"),
    ],
)
def test_what_is_wrong_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=said) as caught:
        load_settings()
    assert "\n" not in str(caught.value)


def test_a_misspelt_name_in_the_toml_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "restyle.toml").write_text("daly_quota = 1\n")
    with pytest.raises(SettingsError, match="no setting daly_quota in restyle"):
        load_settings()


def test_lists_are_written_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESTYLE_GUILD_IDS", "1, 22,")
    monkeypatch.setenv("RESTYLE_DISCORD_CDN_HOSTS", "a.example,b.example")
    settings = load_settings()
    assert settings.guild_ids == (1, 22)
    assert settings.discord_cdn_hosts == ("a.example", "b.example")


def test_the_database_lies_in_the_data_folder_unless_named(tmp_path: Path) -> None:
    settings = load_settings(data_dir=tmp_path, database_url=None)
    assert settings.resolved_database_url == f"sqlite:///{tmp_path / 'restyle.db'}"
    assert load_settings(database_url="postgresql://h/d").resolved_database_url == (
        "postgresql://h/d"
    )


def test_the_token_is_in_no_text_and_in_no_log_line(capsys: pytest.CaptureFixture[str]) -> None:
    settings = load_settings(discord_token="hunter2", log_format="json")
    configure_logging(settings)
    structlog.get_logger("test").warning("starting", settings=settings)
    try:
        raise SettingsError("inside")
    except SettingsError:
        structlog.get_logger("test").exception("it failed")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["event"] for line in lines] == ["starting", "it failed"]
    assert "hunter2" not in f"{settings!r} {settings} {lines}"


def test_every_setting_has_a_description() -> None:
    assert all(field.description for field in Settings.model_fields.values())
