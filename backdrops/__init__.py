"""The kinds of backdrop: one file each (the drawn ones share one), with its settings and how it is made.

A new kind is a subclass of :class:`BackdropKind` in a file of this folder; ``recipe.kinds()`` lists all.
"""

import importlib
import pkgutil

from backdrops.base import BackdropKind, Background, OnProgress, Progress, ReadInput, kind_of
from backdrops.blur import BlurBackdrop
from backdrops.described import DescribedBackdrop
from backdrops.generated import GeneratedBackdrop
from backdrops.picture import ImageBackdrop
from backdrops.plain import ColourBackdrop, GradientBackdrop, SweepBackdrop
from backdrops.scene import SceneBackdrop
from backdrops.transparent import TransparentBackdrop

for _module in pkgutil.iter_modules(__path__, f"{__name__}."):
    importlib.import_module(_module.name)  # a class of this folder makes its kind known

__all__ = [
    "BackdropKind",
    "Background",
    "BlurBackdrop",
    "ColourBackdrop",
    "DescribedBackdrop",
    "GeneratedBackdrop",
    "GradientBackdrop",
    "ImageBackdrop",
    "OnProgress",
    "Progress",
    "ReadInput",
    "SceneBackdrop",
    "SweepBackdrop",
    "TransparentBackdrop",
    "kind_of",
]
