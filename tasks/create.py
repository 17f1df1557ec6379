"""Whole pictures from a prompt alone; 8-bit sRGB."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import backdrops
from tasks.base import Result, Run, Stopwatch, Task, report_on


class Create(Task):
    """A whole picture from words."""

    name = "create"
    title = "Picture from words"
    help = "Make a whole picture from a description."
    icon = "auto_awesome"
    has_subject = False

    @staticmethod
    def run(task: Run) -> Iterator[Result]:
        """One result per picture.

        Raises:
            MissingWeights: the model is not here.
        """
        watch, recipe = Stopwatch(), task.recipe
        images = backdrops.kind_of(recipe.backdrop).whole_images(recipe.seed, task.report_progress)
        for index, image in enumerate(images):
            assert image.pixels is not None  # a whole picture is never transparent
            height, width = image.pixels.shape[:2]
            alone = recipe.for_image(index)
            measure = partial(report_on, alone, image, watch.lap(), (width, height))
            yield Result(image.pixels, None, alone, measure)
