"""What a gateway is told on its command line is what it reads there."""

from pathlib import Path

from engine.client import RayOptions


def test_a_gateway_reads_all_that_it_is_told() -> None:
    told = RayOptions(
        also=("sd-turbo",),
        checkpoints_file=Path("more.toml"),
        profile_dir=Path("profiles"),
        actor_gpus=0.5,
    )
    assert RayOptions.read(told.command()[-1]) == told
