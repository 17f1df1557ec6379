"""Colours made lighter, darker, paler, duller or brighter, as words ask for."""

from __future__ import annotations

import colorsys


def shaded(colour: str, shade: str) -> str:
    """``#rrggbb`` changed by ``light``, ``pastel``, ``dark``, ``muted`` or ``bright``, in HLS; its hue stays."""
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    hue, light, strong = colorsys.rgb_to_hls(red, green, blue)
    match shade:
        case "light":
            light += (1 - light) * 0.45
        case "pastel":
            light, strong = 0.84 + 0.05 * light, min(strong, 0.75) * 0.8
        case "dark":
            light *= 0.5
        case "muted":
            light, strong = 0.5 + (light - 0.5) * 0.8, strong * 0.45
        case "bright":
            light, strong = 0.5 + (light - 0.5) * 0.8, strong + (1 - strong) * 0.6 if strong > 0.05 else strong
    channels = colorsys.hls_to_rgb(hue, light, strong)
    return "#" + "".join(f"{round(channel * 255):02x}" for channel in channels)
