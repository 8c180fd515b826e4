"""The teachers: a classical filter for every look, and how a medium and a light go together.

A filter is a pure function of the picture. Its regular patterns (hatching, tiles, lines) start at
the picture's top left corner and repeat every 8, 16 or 32 pixels, so that a network that sees the
picture in blocks of four can learn them; what repeats every 4 is invisible to it.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from engine.embedded.filters import drawing, film, graphic, light, painting, weather
from engine.embedded.filters.colour import Picture

Filter = Callable[[Picture], Picture]

MEDIA: dict[str, Filter] = {
    "oil": painting.oil,
    "impressionist": painting.impressionist,
    "watercolour": painting.watercolour,
    "pencil": drawing.pencil,
    "ink": drawing.ink,
    "charcoal": drawing.charcoal,
    "comic": graphic.comic,
    "anime": graphic.anime,
    "pixel art": graphic.pixel_art,
    "low-poly": graphic.low_poly,
    "mosaic": graphic.mosaic,
    "stained glass": graphic.stained_glass,
    "pop art": graphic.pop_art,
    "blueprint": drawing.blueprint,
    "line art": drawing.line_art,
    "engraving": drawing.engraving,
}
"""How a picture is made."""

LIGHTS: dict[str, Filter] = {
    "night": light.night,
    "dusk": light.dusk,
    "tungsten": light.tungsten,
    "sunset": light.sunset,
    "golden hour": light.golden_hour,
    "snow": weather.snow,
    "autumn": weather.autumn,
    "fog": weather.fog,
    "storm": weather.storm,
    "neon": light.neon,
    "vaporwave": light.vaporwave,
    "sepia": film.sepia,
    "film noir": film.film_noir,
    "faded polaroid": film.faded_polaroid,
    "underwater": weather.underwater,
    "desert": weather.desert,
    "inferno": weather.inferno,
}
"""What light, weather or film a picture shows."""

LOOKS: dict[str, Filter] = {**MEDIA, **LIGHTS}

# These lose the colours, so that a light laid under them would be lost too.
_COLOURLESS = frozenset(
    {"pencil", "ink", "charcoal", "line art", "engraving", "blueprint", "pop art"}
)


def restyle(pixels: NDArray[np.uint8], medium: str | None, light_: str | None) -> NDArray[np.uint8]:
    """The teacher's picture of ``pixels`` (height × width × 3) in a medium, a light, or both.

    Raises:
        KeyError: No such look.
    """
    filters = [LIGHTS[light_]] if light_ is not None else []
    if medium is not None:
        filters.insert(0 if medium in _COLOURLESS else len(filters), MEDIA[medium])
    picture: Picture = pixels.astype(np.float32) / np.float32(255)
    for apply in filters:
        picture = apply(picture)
    return (np.clip(picture, 0, 1) * np.float32(255) + np.float32(0.5)).astype(np.uint8)
