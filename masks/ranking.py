"""Networks that find the most salient object, ranked: which one ``auto`` uses, and which better one there is to offer.

Measured: mean of the mean IoU of the bare network on 73 photos of people, 40 DAVIS frames and 60 composites with true
alpha. Published: BiRefNet (Zheng et al., CAAI AIR 2024) compares itself with IS-Net and U2-Net on DIS5K, HRSOD and COD
and is ahead of both on each; its lite version has the same training and a smaller backbone.
"""

from __future__ import annotations

from typing import Literal

import models

Ranked = Literal["birefnet-general", "birefnet-general-lite", "isnet-general-use", "u2net", "silueta", "u2netp"]

RANKING: dict[Ranked, str] = {
    "birefnet-general": "published",
    "birefnet-general-lite": "published",
    "isnet-general-use": "measured, 0.795",
    "u2net": "measured, 0.785",
    "silueta": "measured, 0.773",
    "u2netp": "measured, 0.765",
}
"""The networks for any subject by the id of their weights, best first, and what their place rests on."""

OFFERED: tuple[Ranked, ...] = ("isnet-general-use", "birefnet-general-lite", "birefnet-general")
"""The steps that are worth a download, lightest first."""


def best_installed() -> Ranked:
    """The best network whose weights are on this machine; u2netp, which comes with set-up, where none is."""
    return next((id for id in RANKING if models.is_installed(id)), "u2netp")


def next_better() -> models.Model | None:
    """The next better network than the best one installed, to be offered with its size and licence.

    Returns:
        its entry of the table of weights, for ``models.fetch(entry.id)``; ``None`` where the best is installed.
    """
    order = list(RANKING)
    better = order[: order.index(best_installed())]
    return next((models.entry(id) for id in OFFERED if id in better), None)
