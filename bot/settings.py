"""Every setting of the bot, read from RESTYLE_* variables, `.env` and a TOML file."""

import io
import os
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

import platformdirs
from dotenv import dotenv_values
from pydantic import (
    Field,
    NonNegativeInt,
    PositiveInt,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from bot.errors import SettingsError

PREFIX = "RESTYLE_"
CONFIG_VARIABLE = f"{PREFIX}CONFIG"
DEFAULT_CONFIG_FILE = "restyle.toml"
ENV_FILE = ".env"

MIB = 1024 * 1024


class Settings(BaseSettings):
    """What an operator may choose. The field descriptions are the text of docs/settings.md."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=ENV_FILE, env_ignore_empty=True, extra="ignore", frozen=True
    )

    discord_token: SecretStr | None = Field(
        None, description="The bot's token. Needed by `restyle run`; never logged."
    )
    discord_api_url: str | None = Field(
        None, description="REST base for a rate-limit proxy such as nirn-proxy, or for wire tests."
    )
    discord_gateway_url: str | None = Field(
        None, description="Gateway address to use in place of the one that Discord names."
    )
    discord_gateway_timeout_s: float = Field(
        60.0, gt=5, description="How long the gateway may be silent before it is called again."
    )
    discord_cdn_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        ("cdn.discordapp.com", "media.discordapp.net"),
        description="Hosts that attachments may be downloaded from, separated by commas.",
    )
    guild_ids: Annotated[tuple[int, ...], NoDecode] = Field(
        (), description="Guilds that get the commands at once, for development; empty: all guilds."
    )
    shards: Literal["auto"] | PositiveInt | None = Field(
        None,
        description="Shards (gateway connections) of the whole bot; `auto`: as many as Discord "
        "recommends; unset: one.",
    )
    shard_ids: Annotated[tuple[NonNegativeInt, ...], NoDecode] = Field(
        (),
        description="Those of the shards that this process connects, separated by commas; empty: "
        "all. For several bot processes on one PostgreSQL.",
    )
    data_dir: Path = Field(
        default_factory=lambda: Path(platformdirs.user_data_dir("restyle")),
        description="Folder for the SQLite file and the pictures.",
    )
    retention_days: int = Field(
        90,
        ge=0,
        le=3650,
        description="Days for which the pictures of finished jobs are kept where a server did not "
        "choose; 0 keeps them for ever.",
    )
    images_url: str | None = Field(
        None,
        description="`s3://bucket/prefix` for pictures in a bucket, with keys and endpoint in the "
        "environment as AWS's tools read them; unset: `images` in the data folder.",
    )
    database_url: str | None = Field(
        None,
        description="`sqlite:///file` or `postgresql://…`; unset: `restyle.db` in the data folder.",
    )
    database_lock_timeout_s: float = Field(
        10.0, gt=0, description="How long a statement may wait for another's lock on the database."
    )
    checkpoint: str = Field("embedded", description="Name of a row in the checkpoint table.")
    checkpoints: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="More checkpoints that members may choose from, separated by commas; the "
        "engine holds one at a time and changes over when no job runs, which counts as a step.",
    )
    checkpoints_file: Path | None = Field(
        None,
        description="TOML file whose rows are added to the checkpoint table that ships; unset: "
        "`checkpoints.toml` in the data folder, if there is one.",
    )
    engine: Literal["local", "socket", "ray"] = Field(
        "local",
        description="Where pictures are made: `local` is a child process of the bot, `socket` an "
        "engine that runs by itself on the same machine, `ray` a cluster of machines.",
    )
    engine_socket: Path = Field(
        Path("/run/restyle/engine.sock"),
        description="Unix socket on which an engine that runs by itself listens.",
    )
    ray_address: str = Field(
        "auto",
        description="The Ray head, as `host:port`; `auto` finds the one on this machine.",
    )
    ray_actor_gpus: float = Field(
        1.0, ge=0, description="GPUs for each actor; 0: actors live on processors alone."
    )
    ray_actor_cpus: float = Field(
        1.0, gt=0, description="Processors that Ray counts as taken by each actor."
    )
    device: str = Field("auto", description="`auto`, `cpu`, `cuda`, `cuda:1`, `mps` or `xpu`.")
    engine_ready_timeout_s: float = Field(
        300.0, gt=0, description="How long the engine may take to load its checkpoint."
    )
    engine_step_timeout_s: float = Field(
        120.0, gt=0, description="How long one step may take before the engine is started again."
    )
    engine_max_rows: int = Field(
        8, ge=1, le=64, description="Most latents that share one call of the denoiser."
    )
    engine_profile_dir: Path | None = Field(
        None,
        description="Folder where measured step times are kept; unset: the user's cache folder.",
    )
    max_attempts: int = Field(
        3, ge=1, description="How often a job is tried when the engine dies under it."
    )
    daily_quota: int = Field(
        20,
        ge=0,
        description="Pictures a member may make a day, in each guild and by direct message.",
    )
    max_in_flight_per_user: int = Field(
        5, ge=1, description="Jobs of one member that may wait or run at once."
    )
    max_in_flight_per_guild: int = Field(
        100, ge=1, description="Jobs of one guild that may wait or run at once."
    )
    prompt_max_chars: int = Field(1000, ge=1, le=4000, description="Longest prompt, in characters.")
    previews: bool = Field(default=True, description="Show the picture while it is being made.")
    message_edit_interval_s: float = Field(
        2.5, ge=0, description="Shortest time between two edits of one progress message."
    )
    download_timeout_s: float = Field(
        20.0, gt=0, description="How long the download of an attachment may take."
    )
    intake_max_bytes: int = Field(
        25 * MIB, ge=1, description="Largest picture file that is taken in, in bytes."
    )
    intake_max_pixels: int = Field(
        64_000_000, ge=1, description="Most pixels a picture may have before it is decoded."
    )
    intake_timeout_s: float = Field(
        10.0, gt=0, description="How long the decoding of one picture may take."
    )
    intake_memory_bytes: int = Field(
        1024 * MIB, ge=256 * MIB, description="Memory that the decoding process may use, in bytes."
    )
    content_check: Literal["opennsfw", "none"] = Field(
        "opennsfw",
        description="Who looks whether pictures are explicit: `opennsfw` is a model that ships; "
        "`none` lets every picture pass.",
    )
    content_review_score: float = Field(
        0.5, ge=0, le=1, description="Score from which on a moderator decides about a picture."
    )
    content_refuse_score: float = Field(
        0.8, ge=0, le=1, description="Score from which on a picture is refused as explicit."
    )
    delivery_max_attempts: int = Field(
        24, ge=1, description="How often the delivery of one result is tried."
    )
    shutdown_grace_s: float = Field(
        20.0, ge=0, description="How long running jobs may finish when the bot is stopped."
    )
    delivery_grace_s: float = Field(
        5.0, ge=0, description="How long finished jobs may still be delivered after that."
    )
    monitoring_host: str = Field(
        "127.0.0.1", description="Address on which /metrics, /healthz and /readyz are served."
    )
    monitoring_port: int = Field(
        9464, ge=0, le=65535, description="Port for them; 0 takes any that is free."
    )
    operator_channel_id: int | None = Field(
        None, description="Channel that is told when the engine dies or the disk runs low."
    )
    sentry_dsn: SecretStr | None = Field(
        None,
        description="Where errors are reported, if anywhere; needs the extra `monitoring`. Tokens, "
        "prompts and pictures are not sent.",
    )
    traces_endpoint: str | None = Field(
        None,
        pattern="^https?://",
        description="Where OpenTelemetry traces of jobs are sent by OTLP over HTTP, such as "
        "`http://127.0.0.1:4318/v1/traces`; needs the extra `monitoring`.",
    )
    disk_low_bytes: int = Field(
        2048 * MIB, ge=0, description="Free space in the data folder below which that is told."
    )
    log_format: Literal["auto", "console", "json"] = Field(
        "auto", description="`console`, `json`, or `auto`: console on a terminal, else json."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Least level of what is logged."
    )

    @field_validator("discord_cdn_hosts", "guild_ids", "shard_ids", "checkpoints", mode="before")
    @classmethod
    def _split_commas(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("shard_ids")
    @classmethod
    def _of_the_shards(cls, value: tuple[int, ...], info: ValidationInfo) -> tuple[int, ...]:
        shards = info.data.get("shards")
        if not value:
            return value
        if not isinstance(shards, int):
            raise ValueError("RESTYLE_SHARDS has to say how many there are")
        if max(value) >= shards:
            raise ValueError(f"shards are counted from 0, and there are {shards}")
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments win over the environment, that over `.env`, and that over the TOML file."""
        toml = TomlConfigSettingsSource(settings_cls, config_file())
        return init_settings, env_settings, dotenv_settings, toml

    @property
    def resolved_database_url(self) -> str:
        """The database URL, with the default filled in."""
        return self.database_url or f"sqlite:///{(self.data_dir / 'restyle.db').as_posix()}"

    @property
    def own_checkpoints_file(self) -> Path:
        """Where the operator's own rows of the checkpoint table are written."""
        return self.checkpoints_file or self.data_dir / "checkpoints.toml"

    @property
    def resolved_checkpoints_file(self) -> Path | None:
        """Where they are read from; None while there are none."""
        own = self.own_checkpoints_file
        # A file that was named must be there; the default one comes into being with the first row.
        return own if self.checkpoints_file is not None or own.exists() else None

    def take_over(self, fresh: "Settings", names: Iterable[str]) -> None:
        """Set the fields of these names to those of ``fresh``: the one change that is allowed."""
        for name in names:
            self.__dict__[name] = getattr(fresh, name)

    def make_data_dir(self) -> None:
        """Make the data folder; raise ``SettingsError`` when that cannot be done."""
        try:
            self.data_dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SettingsError(
                f"The data folder {self.data_dir} cannot be made: {error.strerror}."
            ) from error


def config_file() -> Path:
    """The TOML file that is read if it exists."""
    return Path(os.environ.get(CONFIG_VARIABLE, DEFAULT_CONFIG_FILE))


def load_settings(**overrides: object) -> Settings:
    """Read the settings; raise ``SettingsError`` with one sentence when one is wrong."""
    _refuse_unknown_names()
    try:
        return Settings(**overrides)  # type: ignore[arg-type]  # pydantic checks them
    except ValidationError as error:
        first = error.errors()[0]
        name = PREFIX + "_".join(str(part) for part in first["loc"]).upper()
        raise SettingsError(f"{name} is not valid: {first['msg']}.") from error


def _refuse_unknown_names() -> None:
    # A misspelt name would otherwise be ignored in silence, and the default used.
    known = set(Settings.model_fields)
    variables = {name: name for name in os.environ}
    variables |= {name.upper(): f"{name} in {ENV_FILE}" for name in _names_in_env_file()}
    given = {
        name.removeprefix(PREFIX).lower(): shown
        for name, shown in variables.items()
        if name.startswith(PREFIX)
    }
    given.pop("config", None)
    # Read by the training of the embedded checkpoint, not by the bot.
    given.pop("train_dir", None)
    given |= {key: f"{key} in {config_file()}" for key in _names_in_config_file()}
    for key, shown in given.items():
        if key not in known:
            raise SettingsError(f"There is no setting {shown}; docs/settings.md lists them all.")


def _names_in_env_file() -> list[str]:
    path = Path(ENV_FILE)
    if not path.is_file():
        return []
    return list(dotenv_values(stream=io.StringIO(_text_of(path))))


def _names_in_config_file() -> list[str]:
    path = config_file()
    if CONFIG_VARIABLE not in os.environ and not path.exists():
        return []
    try:
        return list(tomllib.loads(_text_of(path)))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is not valid TOML: {error}.") from error


def _text_of(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path} is not UTF-8 text.") from error
