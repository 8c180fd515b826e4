"""The inputs of a UNet as a flat list, which is how an exported model takes them."""

from collections.abc import Sequence
from typing import Any

import torch

_FIRST = ("sample", "timestep", "encoder_hidden_states")
_ADDED = ("text_embeds", "time_ids")
_TEXT_TOKENS = 77


def input_names(config: Any) -> tuple[str, ...]:
    """Names of the tensors that a UNet of this configuration takes, in order."""
    condition = () if config.time_cond_proj_dim is None else ("timestep_cond",)
    added = _ADDED if config.addition_embed_type == "text_time" else ()
    return (*_FIRST, *condition, *added)


def flat_inputs(
    names: Sequence[str],
    sample: torch.Tensor,
    timestep: torch.Tensor,
    encoder_hidden_states: torch.Tensor,
    timestep_cond: torch.Tensor | None = None,
    added_cond_kwargs: dict[str, torch.Tensor] | None = None,
    **_unused: Any,
) -> list[torch.Tensor]:
    """The tensors of one call of ``UNet2DConditionModel`` in the order of ``names``."""
    known: dict[str, torch.Tensor | None] = {
        "sample": sample,
        "timestep": timestep.to(torch.float32).expand(len(sample)),
        "encoder_hidden_states": encoder_hidden_states,
        "timestep_cond": timestep_cond,
        **(added_cond_kwargs or {}),
    }
    values = [known[name] for name in names]
    assert all(value is not None for value in values)
    return [value for value in values if value is not None]


def example_inputs(config: Any, side: int) -> list[torch.Tensor]:
    """Two rows of noise of ``side`` × ``side`` latents, with all else that belongs to a call."""
    added_width = 0
    if config.addition_embed_type == "text_time":
        added_width = config.projection_class_embeddings_input_dim
        added_width -= 6 * config.addition_time_embed_dim
    shapes = {
        "sample": (2, config.in_channels, side, side),
        "timestep": (2,),
        "encoder_hidden_states": (2, _TEXT_TOKENS, config.cross_attention_dim),
        "timestep_cond": (2, config.time_cond_proj_dim or 0),
        "text_embeds": (2, added_width),
        "time_ids": (2, 6),
    }
    values = {name: torch.randn(shapes[name]) for name in input_names(config)}
    values["timestep"] = torch.tensor([900.0, 100.0])
    return list(values.values())


class FlatUNet(torch.nn.Module):
    """A UNet that takes its inputs in order and returns nothing but its prediction."""

    def __init__(self, unet: torch.nn.Module) -> None:
        super().__init__()
        self.unet = unet
        self._names = input_names(unet.config)

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        """The prediction, of the shape of the first input."""
        given = dict(zip(self._names, inputs, strict=True))
        added = {name: given[name] for name in _ADDED if name in given}
        output: torch.Tensor = self.unet(
            given["sample"],
            given["timestep"],
            encoder_hidden_states=given["encoder_hidden_states"],
            timestep_cond=given.get("timestep_cond"),
            added_cond_kwargs=added or None,
            return_dict=False,
        )[0]
        return output
