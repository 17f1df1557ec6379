"""Materials as pictures of their own colour at the coordinates of a surface, in metres or so: wood, stone, tiles."""

from __future__ import annotations

import numpy as np

from imaging.scenes.base import Picture, Plane, Stage
from imaging.scenes.tools import between, bump, mix, noise, smooth, tint


def wood(stage: Stage, kind: str, along: Plane, away: Plane, foot: Plane) -> Picture:
    """Boards that run along the table: growth rings cut lengthwise, pores, and a tone for each board."""
    light, deep = (tint("#d8b07c"), tint("#a5713d")) if kind == "oak" else (tint("#8a5a38"), tint("#432817"))
    board = np.floor(away * 1.9)
    rng = stage.rng("boards")
    tones, shifts = rng.normal(0, 0.10, 64).astype(np.float32), rng.uniform(0, 50, 64).astype(np.float32)
    which = board.astype(int) % 64
    shift = shifts[which]
    within = away * 1.9 - board
    wobble = noise(stage, "wobble", along * 0.8 + shift, away * 2.0 + shift, 3, 0.5)
    rings = within * 3.2 + 1.1 * wobble + 0.5 * noise(stage, "knots", along * 0.35 + shift, away * 1.2, 2)
    saw = rings - np.floor(rings)
    ring = np.where(saw < 0.82, saw / 0.82, (1 - saw) / 0.18)
    ring = between(0.5, ring, 1 / (1 + np.square(foot * 12)))
    fibre = noise(stage, "fibre", along * 2.2 + shift, away * 60, 3, 0.6, foot * 22)
    pores = noise(stage, "pores", along * 7 + shift, away * 170, 2, 0.6, foot * 60)
    share = np.clip(0.12 + 0.55 * ring**1.5 + 0.13 * fibre + 0.10 * wobble, 0, 1)
    wood = mix(light, deep, share.astype(np.float32))
    gap = np.minimum(within, 1 - within)
    tone = np.exp(tones[which] + 0.05 * fibre - 0.10 * np.clip(pores - 0.4, 0, 3))
    tone = tone * (1 - 0.55 * bump(gap, 0.006 + foot * 1.2))
    return wood * tone[..., None].astype(np.float32)


def marble(stage: Stage, along: Plane, away: Plane, foot: Plane) -> Picture:
    """White stone with grey veins where warped noise crosses zero."""
    warp_x = noise(stage, "mx", along * 0.9, away * 0.9, 4, 0.55, foot)
    warp_y = noise(stage, "my", along * 0.9, away * 0.9, 4, 0.55, foot)
    veins = np.zeros_like(along)
    for index, (scale, wide, dark) in enumerate(((0.8, 0.05, 0.60), (1.7, 0.04, 0.32), (3.4, 0.05, 0.16))):
        field = noise(
            stage, f"vein{index}", along * scale + 0.5 * warp_x, away * scale * 0.8 + 0.5 * warp_y, 5, 0.5, foot * scale
        )
        strength = smooth(-0.6, 1.2, noise(stage, f"where{index}", along * 0.7, away * 0.7, 2))
        veins = np.maximum(
            veins, dark * strength * (0.75 * bump(field, wide + foot * 2) + 0.25 * bump(field, wide * 6))
        )
    cloud = noise(stage, "cloud", along * 0.8 + 0.4 * warp_x, away * 0.8, 5, 0.5, foot)
    stone = mix(tint("#f2f1ee"), tint("#c9cbce"), np.clip(0.22 + 0.16 * cloud, 0, 1).astype(np.float32))
    return mix(stone, tint("#6e6f74"), np.clip(veins, 0, 1).astype(np.float32))


def slate(stage: Stage, along: Plane, away: Plane, foot: Plane) -> Picture:
    """Dark, finely cleft stone."""
    rough = noise(stage, "slate", along * 3, away * 3, 7, 0.68, foot * 3)
    return tint("#4a4e55") * np.exp(0.24 * rough)[..., None].astype(np.float32)


def concrete(stage: Stage, along: Plane, away: Plane, foot: Plane, colour: str = "#a5a39f") -> Picture:
    """Cast concrete: clouds of tone, fine grain, small pores."""
    cloud = noise(stage, "concrete", along * 1.1, away * 1.1, 7, 0.6, foot * 1.1)
    stain = noise(stage, "stain", along * 0.5 + 0.2 * cloud, away * 0.5, 3, 0.5, foot)
    pores = noise(stage, "pores", along * 26, away * 26, 2, 0.6, foot * 26)
    tone = 0.075 * cloud + 0.06 * stain - 0.20 * np.clip(pores - 1.9, 0, 0.8)
    return tint(colour) * np.exp(tone)[..., None].astype(np.float32)


def terrazzo(stage: Stage, along: Plane, away: Plane, foot: Plane) -> Picture:
    """Chips of stone in pale cement."""
    stone = full_like(along, tint("#e9e5de"))
    for index, (scale, colour, share) in enumerate(
        ((11.0, "#b9a48e", 1.15), (15.0, "#8d8f92", 1.25), (17.0, "#c98f74", 1.4), (24.0, "#5f6163", 1.45))
    ):
        chip = noise(stage, f"chip{index}", along * scale, away * scale, 2, 0.35, foot * scale)
        stone = mix(stone, tint(colour), smooth(share, share + 0.10 + foot * scale * 2, chip).astype(np.float32))
    fine = noise(stage, "cement", along * 30, away * 30, 3, 0.7, foot * 30)
    return stone * (1 + 0.015 * fine)[..., None].astype(np.float32)


def full_like(plane: Plane, colour: Picture) -> Picture:
    """One colour over a plane's extent."""
    return np.broadcast_to(colour, (*plane.shape, 3)).astype(np.float32)


def tiled(
    stage: Stage, u: Plane, v: Plane, foot: Plane | float, wide: float, tall: float, joint: float, running: float = 0.0
) -> tuple[Plane, Plane, Plane]:
    """Tiles or bricks: the joint's share ``(h, w)``, a number 0..1 of its own for each tile, and its bevel, which is
    positive along upper and left edges and negative along the others.

    Args:
        joint: how wide a joint is, in the same unit as ``wide`` and ``tall``.
        running: how far each row is shifted against the last, in tiles; 0.5 for a running bond.
    """
    row = np.floor(v / tall)
    across = u / wide + running * row
    column = np.floor(across)
    left, up = (across - column) * wide, v - row * tall
    edge_x, edge_y = np.minimum(left, wide - left), np.minimum(up, tall - up)
    near = np.minimum(edge_x, edge_y)
    soft = joint * 0.35 + foot
    mortar = smooth(joint / 2 + soft, joint / 2 - soft * 0.4, near) / (1 + np.square(foot / joint) * 0.5)
    table = stage.rng("tiles").uniform(0, 1, 4096).astype(np.float32)
    own = table[(column.astype(int) * 131 + row.astype(int) * 977) % 4096]
    reach = joint * 2.2
    bevel = np.exp(-left / reach) + np.exp(-up / reach) - np.exp(-(wide - left) / reach) - np.exp(-(tall - up) / reach)
    return mortar.astype(np.float32), own, bevel.astype(np.float32)
