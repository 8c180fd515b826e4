"""What each family of checkpoints can do, known without loading any weights."""

from typing import Literal, get_args

import msgspec

# In the words of diffusers' AutoPipelineForText2Image, …Image2Image and …Inpainting.
Task = Literal["text2img", "img2img", "inpaint"]
FamilyName = Literal["sd", "sdxl", "sd3", "flux", "stock"]

ALL_TASKS: frozenset[Task] = frozenset(get_args(Task))


class Abilities(msgspec.Struct, frozen=True, kw_only=True):
    """What a job may ask of a checkpoint.

    Attributes:
        tasks: The kinds of job that it runs.
        takes_strength: Whether it can stay near the source by running part of the schedule.
        takes_negative_prompt: Whether a negative prompt has an effect where there is guidance.
        takes_scheduler: Whether a job may name the sampler; those of flow matching have one.
        keeps_latents: Whether results come with latents that a later job can start from.
    """

    tasks: frozenset[Task] = ALL_TASKS
    takes_strength: bool = True
    takes_negative_prompt: bool = True
    takes_scheduler: bool = True
    keeps_latents: bool = True


FAMILIES: dict[FamilyName, Abilities] = {
    "sd": Abilities(),
    "sdxl": Abilities(),
    "sd3": Abilities(takes_scheduler=False),
    "flux": Abilities(takes_scheduler=False, takes_negative_prompt=False),
    "stock": Abilities(tasks=frozenset({"img2img"}), takes_scheduler=False, keeps_latents=False),
}

WHAT_IT_MAKES: dict[Task, str] = {
    "text2img": "pictures from a prompt alone",
    "img2img": "pictures from a picture",
    "inpaint": "parts of a picture anew",
}
