"""Searches for the subject that take long, made by the worker: those by a large network, or one to be fetched first.

    takes_long(layers)                  -> bool        whether a page should leave it to the worker
    submit(photo, layers, visitor)      -> id          then queue.status(id), queue.cancel(id)
    selection_of(digest)                -> Selection   what a finished search found, from its result

A search is a job like a picture's, in a queue of its own, so that it does not wait for pictures to be generated.
"""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from backdrops import OnProgress, Progress, TransparentBackdrop
from errors import BadInput, Cancelled, StudioError
from jobs import downloads, queue, settings, store
from recipe import Layer, MaskRecipe, Recipe

if TYPE_CHECKING:
    from masks import Selection
    from masks.base import MaskSource, Options

log = logging.getLogger("backdrop.searches")

QUEUE, WORKFLOW = "searches", queue.SEARCH
LARGE = 200_000_000  # bytes of weights from which a network takes seconds on two cores, and more to load

Layers = tuple[Layer, ...]


def takes_long(layers: Layers) -> bool:
    """Whether a network that these layers use is large, or one they need is not on this machine yet."""
    import models

    named = networks(layers)
    if any(models.MODELS[id].size >= LARGE or not models.is_installed(id) for id in named):
        return True
    optional = {id for source, _ in _readable(layers) for id in source.optional_weights}
    return any(models.MODELS[id].size >= LARGE and models.is_installed(id) for id in optional)


def networks(layers: Layers) -> list[str]:
    """The ids of the weights that layers name, in order: as an option, or by what their source always needs."""
    import models

    named: dict[str, None] = {}
    for source, options in _readable(layers):
        named |= dict.fromkeys(getattr(source, "needed_weights", ()))
        named |= dict.fromkeys(
            value for value in dict(options).values() if isinstance(value, str) and value in models.MODELS
        )
    return list(named)


def _readable(layers: Layers) -> Iterator[tuple[MaskSource, Options]]:
    """The layers' sources and options; without layers that lack something, which whoever searches says."""
    import masks

    for layer in layers:
        with suppress(BadInput):
            yield masks.options_of(layer.source)


def submit(photo: str, layers: Layers, visitor: str, address: str | None = None) -> str:
    """Have the worker look for the subject; return the job's id. As :func:`jobs.queue.submit`.

    A search that is going on already is joined. Where too many of the visitor's wait, the oldest makes room: it is most
    likely of a page that was closed, and nobody else could cancel it.

    Args:
        photo: its digest.
        layers: how to look; what shapes the edge afterwards is not the worker's.
        visitor, address: whose it is.
    """
    wanted = Recipe(photo=photo, mask=MaskRecipe(layers=layers), backdrop=TransparentBackdrop())
    mine = queue.jobs_of(visitor, unfinished_only=True, workflow=WORKFLOW)  # the newest first
    for job in mine:
        if job.recipe == wanted:
            return job.id
    for job in [job for job in mine if job.state == "queued"][settings.limits().visitor - 1 :]:
        queue.cancel(job.id)
    return queue.submit(wanted, visitor, address, QUEUE, WORKFLOW)


def search(job: str, recipe_json: str, report_progress: OnProgress) -> dict[str, Any]:
    """Look for the subject, in the worker; fetch first what is missing.

    Returns:
        ``{"digests": [digest]}`` of the result, or ``{"error": sentence}``.

    Raises:
        Cancelled: somebody cancelled it.
    """
    import masks
    import models
    from imaging.photo import load

    try:
        recipe = Recipe.from_json(recipe_json)
        assert recipe.photo
        kept = store.default()
        for id in networks(recipe.mask.layers):
            if not models.is_installed(id):
                title = models.MODELS[id].title

                def note(job: str, reported: dict[str, Any], title: str = title) -> None:
                    done, total = (int(reported.get(name, 0) / 1e6) for name in ("done", "total"))
                    report_progress(Progress(f"Fetching {title} (MB)", done, total))

                downloads.fetch(job, id, note)  # where it cannot be fetched, the source says so or does without it
        report_progress(Progress("Finding the subject"))
        photo = load(kept.get(recipe.photo), "the photo")
        return {"digests": [kept.put(_pack(masks.combine(photo, recipe.mask.layers, kept.get)))]}
    except Cancelled:
        raise
    except StudioError as error:
        return {"error": error.message}
    except Exception:
        log.exception("search %s", job)
        return {"error": queue.OUR_FAULT}


def selection_of(digest: str) -> Selection:
    """The selection that a search found; raise :class:`BadInput` where the store has it no more."""
    from masks import Doubt, Selection

    try:
        with np.load(io.BytesIO(store.default().get(digest)), allow_pickle=False) as found:
            facts = json.loads(str(found["facts"]))
            probability = found.get("probability")
            values = found["values"]
    except (ValueError, OSError, KeyError) as error:
        raise BadInput("What was found is damaged; look again.") from error
    recognised = tuple((str(name), float(share)) for name, share in facts["found"])
    doubt = Doubt(**facts["doubt"]) if facts.get("doubt") else None
    settled = bool(facts.get("settled"))
    return Selection(values, tuple(facts["models"]), tuple(facts["notes"]), probability, recognised, doubt, settled)


def _pack(selection: Selection) -> bytes:
    """A selection as bytes: NumPy's own format, compressed, without pickles."""
    facts = {
        "models": selection.models,
        "notes": selection.notes,
        "found": selection.found,
        "doubt": asdict(selection.doubt) if selection.doubt else None,
        "settled": selection.settled,
    }
    arrays = {"values": selection.values, "facts": np.asarray(json.dumps(facts))}
    if selection.probability is not None:
        arrays["probability"] = selection.probability
    out = io.BytesIO()
    np.savez_compressed(out, **arrays)  # type: ignore[arg-type]
    return out.getvalue()
