"""torch.compile for a denoiser that is called with ever changing numbers of rows."""

from typing import Any

import torch

ROW_BUCKETS = (1, 2, 4, 8)


def compile_in_buckets(denoiser: torch.nn.Module) -> None:
    """Compile the forward pass, once for each size and bucket of rows.

    A call is padded to the next bucket with copies of its first row, whose results are dropped, so
    that there are four graphs a size and not one for every number of rows.
    """
    compiled = torch.compile(denoiser.forward, dynamic=False)

    def forward(sample: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        rows = len(sample)
        more = bucket(rows) - rows
        output = compiled(
            *(_padded(value, rows, more) for value in (sample, *args)),
            **{name: _padded(value, rows, more) for name, value in kwargs.items()},
        )
        return _cropped(output, rows) if more else output

    denoiser.forward = forward


def bucket(rows: int) -> int:
    """The number of rows that a call of ``rows`` is padded to."""
    for size in ROW_BUCKETS:
        if rows <= size:
            return size
    largest = ROW_BUCKETS[-1]
    return -(-rows // largest) * largest


def _padded(value: Any, rows: int, more: int) -> Any:
    if not more:
        return value
    if isinstance(value, dict):
        return {name: _padded(inner, rows, more) for name, inner in value.items()}
    if isinstance(value, torch.Tensor) and value.ndim and len(value) == rows:
        return torch.cat([value, value[:1].expand(more, *value.shape[1:])])
    return value


def _cropped(output: Any, rows: int) -> Any:
    if isinstance(output, torch.Tensor):
        return output[:rows]
    if isinstance(output, tuple):
        return tuple(_cropped(part, rows) for part in output)
    raise TypeError(f"a compiled denoiser is called with return_dict=False, not for {type(output)}")
