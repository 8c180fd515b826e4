"""The record that lets a training go on from an exported folder on another machine."""

from pathlib import Path

from engine.embedded.training.record import STEPS_A_MEAN, Record


def test_a_folder_without_a_record_was_never_trained(tmp_path: Path) -> None:
    assert Record.load(tmp_path) == Record()
    assert Record.load(None) == Record()


def test_steps_seconds_and_losses_go_on_where_they_stopped(tmp_path: Path) -> None:
    first = Record().then(STEPS_A_MEAN + 1, 10.0, [1.0] * STEPS_A_MEAN + [0.5])
    first.save(tmp_path)
    kept = Record.load(tmp_path)
    assert kept == Record(STEPS_A_MEAN + 1, 10.0, [1.0, 0.5])
    assert kept.then(STEPS_A_MEAN + 3, 2.5, [0.25, 0.75]) == Record(
        STEPS_A_MEAN + 3, 12.5, [1.0, 0.5, 0.5]
    )
