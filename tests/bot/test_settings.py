"""Where settings come from, what is refused, and that the token stays unseen."""

import json
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from bot.errors import SettingsError
from bot.log import configure_logging
from bot.settings import CONFIG_VARIABLE, PREFIX, Settings, load_settings

TOKEN = "abc.secret.xyz"


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder without `.env` and TOML file, and an environment without our variables."""
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_defaults_need_nothing_at_all(place: Path) -> None:
    settings = load_settings(data_dir=place)
    assert settings.checkpoint == "embedded"
    assert settings.discord_token is None
    assert settings.resolved_database_url == f"sqlite:///{place.as_posix()}/restyle.db"


def test_each_source_gives_way_to_the_one_above(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def quota(**overrides: object) -> int:
        return load_settings(**overrides).daily_quota

    assert quota() == 20
    (place / "restyle.toml").write_text("daily_quota = 1\n")
    assert quota() == 1
    (place / ".env").write_text("RESTYLE_DAILY_QUOTA=2\n")
    assert quota() == 2
    monkeypatch.setenv("RESTYLE_DAILY_QUOTA", "3")
    assert quota() == 3
    assert quota(daily_quota=4) == 4


def test_every_setting_has_a_description() -> None:
    assert all(field.description for field in Settings.model_fields.values())


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESTYLE_DISCORD_TOKEN", "")
    assert load_settings().discord_token is None


def test_the_toml_file_can_lie_elsewhere(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / "restyle.toml").write_text("daily_quota = 1\n")
    (place / "other.toml").write_text("max_attempts = 9\n")
    monkeypatch.setenv(CONFIG_VARIABLE, "other.toml")
    settings = load_settings()
    assert (settings.max_attempts, settings.daily_quota) == (9, 20)


def test_a_database_url_wins_over_the_data_folder(place: Path) -> None:
    settings = load_settings(data_dir=place, database_url="postgresql://host/name")
    assert settings.resolved_database_url == "postgresql://host/name"


def test_lists_are_split_at_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESTYLE_GUILD_IDS", "11, 22,")
    monkeypatch.setenv("RESTYLE_DISCORD_CDN_HOSTS", "a.example , b.example")
    settings = load_settings()
    assert settings.guild_ids == (11, 22)
    assert settings.discord_cdn_hosts == ("a.example", "b.example")


def test_lists_may_be_lists_in_toml(place: Path) -> None:
    (place / "restyle.toml").write_text('guild_ids = [11, 22]\ndiscord_cdn_hosts = ["a.example"]\n')
    settings = load_settings()
    assert (settings.guild_ids, settings.discord_cdn_hosts) == ((11, 22), ("a.example",))


def test_a_misspelt_variable_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESTYLE_DALY_QUOTA", "3")
    with pytest.raises(SettingsError, match=r"^There is no setting RESTYLE_DALY_QUOTA; .*\.$"):
        load_settings()


@pytest.mark.parametrize(
    ("name", "line", "shown"),
    [
        (".env", "RESTYLE_DALY_QUOTA=3", r"RESTYLE_DALY_QUOTA in \.env"),
        ("restyle.toml", "daly_quota = 3", r"daly_quota in restyle\.toml"),
    ],
)
def test_a_misspelt_name_in_a_file_is_refused(
    place: Path, name: str, line: str, shown: str
) -> None:
    (place / name).write_text(f"{line}\n")
    with pytest.raises(SettingsError, match=f"^There is no setting {shown}; "):
        load_settings()


def test_other_programs_may_share_the_env_file(place: Path) -> None:
    (place / ".env").write_text("POSTGRES_PASSWORD=x\nRESTYLE_DAILY_QUOTA=2\n")
    assert load_settings().daily_quota == 2


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DAILY_QUOTA", "many"),
        ("DAILY_QUOTA", "-1"),
        ("ENGINE", "magic"),
        ("PREVIEWS", "perhaps"),
        ("GUILD_IDS", "11,home"),
        ("INTAKE_TIMEOUT_S", "0"),
        ("LOG_LEVEL", "LOUD"),
    ],
)
def test_a_bad_value_is_one_sentence_that_names_the_setting(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"RESTYLE_{name}", value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    sentence = str(caught.value)
    assert sentence.startswith(f"RESTYLE_{name}")
    assert sentence.endswith(".")
    assert "\n" not in sentence


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"\xff\xfe", "is not UTF-8 text"), (b"daily_quota = = 3", "is not valid TOML")],
)
def test_a_broken_toml_file_is_one_sentence(place: Path, content: bytes, reason: str) -> None:
    (place / "restyle.toml").write_bytes(content)
    with pytest.raises(SettingsError, match=rf"^restyle\.toml {reason}"):
        load_settings()


def test_a_broken_env_file_is_one_sentence(place: Path) -> None:
    (place / ".env").write_bytes(b"RESTYLE_DAILY_QUOTA=\xff\xfe")
    with pytest.raises(SettingsError, match=r"^\.env is not UTF-8 text\.$"):
        load_settings()


@pytest.mark.parametrize("name", ["nowhere.toml", "."])
def test_a_named_toml_file_that_cannot_be_read_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(CONFIG_VARIABLE, name)
    with pytest.raises(SettingsError, match=r"cannot be read: .*\.$"):
        load_settings()


def test_a_data_folder_that_cannot_be_made_is_one_sentence(place: Path) -> None:
    (place / "file").write_text("")
    settings = load_settings(data_dir=place / "file" / "data")
    with pytest.raises(SettingsError, match=r"^The data folder .* cannot be made: .*\.$"):
        settings.make_data_dir()


@pytest.fixture
def logging_restored() -> Iterator[None]:
    """What ``configure_logging`` changes for the whole process is put back."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    quiet = {name: logging.getLogger(name).level for name in ("discord", "aiosqlite", "alembic")}
    yield
    root.handlers = handlers
    root.setLevel(level)
    for name, before in quiet.items():
        logging.getLogger(name).setLevel(before)
    structlog.reset_defaults()


@pytest.fixture
def secretive(monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("RESTYLE_DISCORD_TOKEN", TOKEN)
    settings = load_settings(log_format="json", log_level="DEBUG")
    assert settings.discord_token is not None
    assert settings.discord_token.get_secret_value() == TOKEN
    return settings


def test_the_token_is_in_no_text_of_the_settings(secretive: Settings) -> None:
    for text in (repr(secretive), str(secretive), secretive.model_dump_json()):
        assert "daily_quota" in text
        assert TOKEN not in text


@pytest.mark.usefixtures("logging_restored")
def test_the_token_is_in_no_log_line(
    secretive: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging(secretive)
    structlog.get_logger("bot.test").info("started", settings=secretive)
    try:
        _fail_holding(secretive.discord_token)
    except RuntimeError:
        structlog.get_logger("bot.test").exception("failed")
        logging.getLogger("library").exception("failed with %s", secretive)
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["event"].split()[0] for line in lines] == ["started", "failed", "failed"]
    assert "daily_quota" in lines[0]["settings"]
    assert all("RuntimeError: it broke" in line["exception"] for line in lines[1:])
    assert TOKEN not in json.dumps(lines)


def _fail_holding(token: object) -> None:
    plain = f"token {token} {TOKEN}"
    assert plain
    raise RuntimeError("it broke")


@pytest.mark.usefixtures("logging_restored")
def test_libraries_may_not_print_payloads_at_debug_level(
    secretive: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging(secretive)
    logging.getLogger("discord.gateway").debug("payload with %s", TOKEN)
    logging.getLogger("bot.anything").debug("ours")
    [line] = capsys.readouterr().err.splitlines()
    assert json.loads(line)["event"] == "ours"


@pytest.mark.usefixtures("logging_restored")
def test_log_lines_for_people_are_not_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert not sys.stderr.isatty()
    configure_logging(load_settings(log_format="console"))
    structlog.get_logger("bot.test").info("job_done", job="j1")
    logging.getLogger("library").warning("beware")
    ours, theirs = capsys.readouterr().err.splitlines()
    assert "job_done" in ours
    assert "beware" in theirs
    assert not ours.startswith("{")


@pytest.mark.parametrize(
    ("shards", "shard_ids", "why"),
    [
        ("4", "0,4", "shards are counted from 0, and there are 4"),
        ("auto", "0", "RESTYLE_SHARDS has to say how many there are"),
        ("", "0", "RESTYLE_SHARDS has to say how many there are"),
    ],
)
def test_shards_that_do_not_fit_are_refused(
    monkeypatch: pytest.MonkeyPatch, shards: str, shard_ids: str, why: str
) -> None:
    monkeypatch.setenv("RESTYLE_SHARDS", shards)
    monkeypatch.setenv("RESTYLE_SHARD_IDS", shard_ids)
    with pytest.raises(SettingsError, match=why):
        load_settings()


def test_shards_are_a_number_or_as_many_as_discord_recommends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RESTYLE_SHARDS", "4")
    monkeypatch.setenv("RESTYLE_SHARD_IDS", "0, 3")
    assert (load_settings().shards, load_settings().shard_ids) == (4, (0, 3))
    monkeypatch.delenv("RESTYLE_SHARD_IDS")
    monkeypatch.setenv("RESTYLE_SHARDS", "auto")
    assert (load_settings().shards, load_settings().shard_ids) == ("auto", ())
