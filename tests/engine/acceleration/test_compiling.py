"""Compiled denoisers: rows are filled up to a bucket, and nothing of that shows."""

from typing import Any

import pytest
import torch

from engine.acceleration.compiling import bucket, compile_in_buckets

pytestmark = pytest.mark.engine


class Recorder(torch.nn.Module):
    """Knows how many rows it was called with."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[int] = []

    def forward(
        self, sample: torch.Tensor, time: torch.Tensor, added: dict[str, Any], flag: bool = False
    ) -> tuple[torch.Tensor]:
        self.rows.append(len(sample))
        assert not flag
        assert len(time) == len(added["ids"]) == len(sample)
        return (sample * time[:, None] + added["ids"],)


def test_rows_go_to_the_next_bucket() -> None:
    assert [bucket(rows) for rows in (1, 2, 3, 5, 8, 9, 17)] == [1, 2, 4, 8, 8, 16, 24]


@pytest.mark.parametrize("rows", [1, 3, 5, 8])
def test_what_was_filled_up_is_dropped(monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    # The compiler itself is not what is tested here, and takes half a minute.
    monkeypatch.setattr(torch, "compile", lambda function, dynamic: function)
    plain, compiled = Recorder(), Recorder()
    compile_in_buckets(compiled)
    inputs = torch.randn(rows, 3), torch.randn(rows)
    added = {"ids": torch.randn(rows, 3)}
    [expected] = plain(*inputs, added=added)
    [given] = compiled(*inputs, added=added, flag=False)
    assert torch.equal(given, expected)
    assert compiled.rows == [bucket(rows)]


@pytest.mark.slow
def test_a_compiled_unet_predicts_the_same() -> None:
    from engine.bench import architectures

    unet = architectures.pipeline("sd15", quick=True).unet
    inputs = torch.randn(3, 4, 8, 8), torch.tensor([900.0, 500.0, 1.0])
    embeds = torch.randn(3, 77, 32)
    with torch.inference_mode():
        expected = unet(*inputs, encoder_hidden_states=embeds, return_dict=False)[0]
        compile_in_buckets(unet)
        given = unet(*inputs, encoder_hidden_states=embeds, return_dict=False)[0]
    assert (given - expected).abs().max() <= 1e-4 * expected.abs().max()
