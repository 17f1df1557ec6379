"""What is clicked on or boxed in, by Segment Anything: MobileSAM in ONNX, or SAM 2 through transformers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Protocol, Self

import cv2
import numpy as np
import numpy.typing as npt
from pydantic import Field, field_validator, model_validator

from errors import BadInput, MissingWeights, NothingFound
from fields import Control
from imaging.photo import Array, Photo
from masks import inference, loaded, preprocess
from masks.base import Context, Options, Prediction
from masks.memory import Memory
from masks.preprocess import Float

ModelName = Literal["mobile-sam", "sam2.1-hiera-tiny", "sam2.1-hiera-small", "sam2.1-hiera-base-plus"]
EDGE_UNCERTAINTY = 1 / 256  # of the photo: the decoder's own grid
MASK_SIDE = 512  # pixels: the longer side at which masks are weighed
MAX_BORDER_SHARE = 0.4  # of the photo's outermost pixels: a "whole" with more of them is what lies around the thing
MIN_INSIDE = 0.8  # of SAM's mask: so much within the salient thing, and the click means that thing
TIE_BREAK = 0.99  # what only one of the two sees, however surely, stays below one half
MIN_PROBABILITY = 0.25  # less sure than this, and nothing of it is left in a mask
MIN_AREA = 0.00002  # of the photo
CACHED_PHOTOS = 4  # photos whose embedding stays in memory, 4 MB each

Point = tuple[float, float]
Box = tuple[float, float, float, float]


class SamOptions(Options):
    positional: ClassVar = "clicks"
    clicks: Annotated[
        tuple[Point, ...],
        Field(max_length=64, description="Points on the subject, x,y in pixels."),
        Control(mark="add"),
    ] = ()
    excluded: Annotated[tuple[Point, ...], Control(mark="remove")] = Field(
        (), max_length=64, alias="not", description="Points that are not the subject, x,y in pixels."
    )
    box: Annotated[
        Box | None, Field(description="A box around the subject: x0,y0,x1,y1 in pixels."), Control(mark="box")
    ] = None
    size: Annotated[
        Literal["auto", "whole", "part", "detail"],
        Field(
            title="How much is meant (size)",
            description="Of several things under a single click: the likeliest, the whole, a part or a detail.",
        ),
        Control(
            words={
                "auto": "What is likeliest (auto)",
                "whole": "The whole thing (whole)",
                "part": "A part of it (part)",
                "detail": "A detail of it (detail)",
            }
        ),
    ] = "auto"
    model: Annotated[ModelName, Control(advanced=True)] = Field(
        "mobile-sam", title="Network (model)", description="Which network; MobileSAM is the light one."
    )

    @field_validator("clicks", "excluded", mode="before")
    @classmethod
    def _points(cls, value: Any) -> Any:
        items = [value] if isinstance(value, str) else list(value)
        if not all(isinstance(item, str) for item in items):
            return items
        numbers = _numbers(",".join(items), None, "a click is written x,y")
        return list(zip(numbers[::2], numbers[1::2], strict=True))

    @field_validator("box", mode="before")
    @classmethod
    def _corners(cls, value: Any) -> Any:
        return _numbers(value, 4, "a box is written x0,y0,x1,y1") if isinstance(value, str) else value

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.clicks and self.box is None:
            raise ValueError("click on the subject, or draw a box around it: sam:x,y or sam:box=x0,y0,x1,y1")
        if self.box and (self.box[0] >= self.box[2] or self.box[1] >= self.box[3]):
            raise ValueError("a box is written x0,y0,x1,y1 with x0 < x1 and y0 < y1")
        return self


def _numbers(text: str, count: int | None, how: str) -> list[float]:
    """The numbers of ``x,y,x,y`` ...: so many, or any pairs of them where ``count`` is ``None``."""
    try:
        numbers = [float(item) for item in text.split(",")]
    except ValueError:
        numbers = []
    if not numbers or (len(numbers) % 2 if count is None else len(numbers) != count):
        raise ValueError(f"{text!r} does not fit: {how}, in pixels")
    return numbers


class Sam:
    """What is clicked on or boxed in."""

    name: ClassVar = "sam"
    title: ClassVar = "Click or box (SAM)"
    example: ClassVar = "sam:x,y[;x,y][;not=x,y][;box=x0,y0,x1,y1]"
    order: ClassVar = 60
    help: ClassVar = "Selects what you click on; more clicks add or remove, a box holds it in."
    Options: ClassVar = SamOptions
    optional_weights: ClassVar[tuple[str, ...]] = ("u2netp",)

    def find(self, photo: Photo, options: SamOptions, context: Context) -> Prediction:
        _check_inside(photo, options)
        prompter = _Prompter(options.model, photo)
        models: tuple[str, ...] = (options.model,)
        single = len(options.clicks) == 1 and not options.excluded and options.box is None
        if single and options.size == "auto":
            probability, more = _one_click(prompter, photo, options.clicks[0], context)
            models += more
        elif single:
            probability = preprocess.sigmoid(
                prompter.masks(options.clicks)[{"detail": 1, "part": 2, "whole": 3}[options.size]]
            )
        else:
            probability = _prompted(prompter, options)
        probability = _clicked_components(probability, photo.size, options.clicks)
        if float((probability >= 0.5).mean()) < MIN_AREA:
            raise NothingFound("Nothing stands out at this place; click elsewhere, or draw a box.")
        return Prediction(probability, EDGE_UNCERTAINTY, models, specks=0)


def _check_inside(photo: Photo, options: SamOptions) -> None:
    width, height = photo.size
    for x, y in options.clicks + options.excluded:
        if not (0 <= x < width and 0 <= y < height):
            raise BadInput(f"The click {x:g},{y:g} lies outside the photo, which is {width} x {height} pixels.")
    if options.box and (options.box[0] >= width or options.box[1] >= height or min(options.box[2:]) <= 0):
        raise BadInput(f"The box lies outside the photo, which is {width} x {height} pixels; draw it within.")


def _one_click(prompter: _Prompter, photo: Photo, click: Point, context: Context) -> tuple[Float, tuple[str, ...]]:
    """What one click means, and the models besides SAM that had a say.

    SAM offers a detail, a part and the whole; its own favourite is a shirt or a face (mean IoU 0.59 on our ground
    truth). The whole, prompts for again within its own box, is better (0.79). Best is to ask whether the click lies on
    what the photo is about: then that thing's box is the question, and both answers are weighed together (0.86).
    """
    _, _, part, answer = answers = prompter.masks((click,))
    whole = answer > 0
    if not whole.any():
        return preprocess.sigmoid(answers[0]), ()
    salient, models = _salient_component(photo, click, prompter.size, context)
    if salient is not None:
        thing = salient >= 0.5
        if float((whole & thing).sum()) > MIN_INSIDE * float(whole.sum()):
            answer = preprocess.sigmoid(prompter.masks((click,), box=prompter.box_around(thing))[3])
            return TIE_BREAK * (answer + salient) / 2, models
    answer = prompter.masks((click,), box=prompter.box_around(whole))[3]
    return preprocess.sigmoid(part if _border_share(answer > 0) > MAX_BORDER_SHARE else answer), ()


def _border_share(mask: npt.NDArray[np.bool_]) -> float:
    """The share of the photo's outermost pixels that a mask holds."""
    return float(np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]]).mean())


def _salient_component(
    photo: Photo, click: Point, size: tuple[int, int], context: Context
) -> tuple[Float | None, tuple[str, ...]]:
    """How salient the connected thing under the click is, everything else zero; ``None`` where nothing is there."""
    try:
        salient = context.predict("rembg", preprocess.downscaled(photo))
    except (NothingFound, MissingWeights):
        return None, ()
    probability = preprocess.resize(salient.probability, size)
    _, labels = cv2.connectedComponents((probability >= 0.5).astype(np.uint8))
    here = labels[
        min(size[1] - 1, int(click[1] * size[1] / photo.size[1])),
        min(size[0] - 1, int(click[0] * size[0] / photo.size[0])),
    ]
    return (probability * (labels == here), salient.models) if here else (None, ())


def _prompted(prompter: _Prompter, options: SamOptions) -> Float:
    """A box, or clicks that must agree.

    The network's first mask is trained for several prompts; for a lone box its fourth, "whole", is better (mean IoU
    0.89 against 0.85 on our ground truth).
    """
    answers = prompter.masks(options.clicks, options.excluded, options.box)
    return preprocess.sigmoid(answers[3] if options.box and not options.excluded else answers[0])


def _clicked_components(probability: Float, size: tuple[int, int], clicks: tuple[Point, ...]) -> Float:
    """Only the pieces that were clicked on, if any piece was; SAM leaves crumbs elsewhere."""
    count, labels = cv2.connectedComponents((probability > MIN_PROBABILITY).astype(np.uint8), connectivity=8)
    across, down = probability.shape[1] / size[0], probability.shape[0] / size[1]
    wanted = {
        int(labels[min(probability.shape[0] - 1, int(y * down)), min(probability.shape[1] - 1, int(x * across))])
        for x, y in clicks
    } - {0}
    if not wanted or count <= 2:
        return probability
    return np.where(np.isin(labels, list(wanted)), probability, probability.dtype.type(0))


class _Network(Protocol):
    """A Segment Anything model. Coordinates are shares of the photo's width and height."""

    def embed(self, rgb: Array) -> Any: ...

    def decode(self, embedding: Any, size: tuple[int, int], points: Float, labels: Float) -> Float:
        """``(4, h, w)`` logits at ``size`` (width, height): for several prompts, then detail, part, whole.

        Labels: 1 the subject, 0 not, 2 and 3 the corners of a box.
        """
        ...


@dataclass
class _Prompter:
    """One photo, embedded once, to be prompts many times."""

    model: ModelName
    photo: Photo

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the masks it gives."""
        return preprocess.fit_size(self.photo.size, MASK_SIDE)

    def box_around(self, found: npt.NDArray[np.bool_]) -> Box:
        """The box of a mask, in the photo's pixels."""
        rows, columns = np.flatnonzero(found.any(axis=1)), np.flatnonzero(found.any(axis=0))
        x, y = self.photo.size[0] / found.shape[1], self.photo.size[1] / found.shape[0]
        return columns[0] * x, rows[0] * y, (columns[-1] + 1) * x, (rows[-1] + 1) * y

    def masks(self, clicks: tuple[Point, ...], excluded: tuple[Point, ...] = (), box: Box | None = None) -> Float:
        """``(4, h, w)`` logits for clicks and a box in the photo's pixels."""
        corners = ((box[0], box[1]), (box[2], box[3])) if box else ()
        points = np.array([*clicks, *excluded, *corners], np.float32) / np.array(self.photo.size, np.float32)
        labels = np.array([1] * len(clicks) + [0] * len(excluded) + [2, 3] * bool(box), np.float32)
        network = _network(self.model)
        with network.lock:
            return network.run.decode(self._embedding(network), self.size, np.clip(points, 0, 1), labels)

    def _embedding(self, network: loaded.Model) -> Any:
        key = (self.model, self.photo.digest)
        embedding = _embeddings.get(key)
        if embedding is None:
            embedding = network.run.embed(preprocess.downscaled_rgb(self.photo))
            _embeddings.put(key, embedding)
        return embedding


_embeddings: Memory[Any] = Memory(CACHED_PHOTOS)


def _network(model: ModelName) -> loaded.Model:
    return loaded.network(model, lambda paths: _MobileSam(*paths) if model == "mobile-sam" else _Sam2(paths[0]))


class _MobileSam:
    """MobileSAM's encoder and multi-mask decoder in ONNX."""

    def __init__(self, encoder: Path, decoder: Path) -> None:
        import onnxruntime

        self._encode = inference.load("mobile-sam", encoder, spins=True)
        self._decoder = onnxruntime.InferenceSession(str(decoder), providers=["CPUExecutionProvider"])

    def embed(self, rgb: Array) -> tuple[Any, tuple[int, int]]:
        """The embedding, and the (width, height) at which the network saw the picture: longer side 1024."""
        scale = 1024 / max(rgb.shape)
        size = max(1, int(rgb.shape[1] * scale + 0.5)), max(1, int(rgb.shape[0] * scale + 0.5))
        return self._encode(preprocess.resize(rgb, size).astype(np.float32)), size

    def decode(self, embedding: Any, size: tuple[int, int], points: Float, labels: Float) -> Float:
        values, input_size = embedding
        points = points * np.array(input_size, np.float32)
        if not (labels == 2).any():  # the network was trained with a padding point where there is no box
            points, labels = np.vstack([points, np.zeros((1, 2), np.float32)]), np.append(labels, np.float32(-1))
        masks, _, _ = self._decoder.run(
            None,
            {
                "image_embeddings": values,
                "point_coords": points[None].astype(np.float32),
                "point_labels": labels[None].astype(np.float32),
                "mask_input": np.zeros((1, 1, 256, 256), np.float32),
                "has_mask_input": np.zeros(1, np.float32),
                "orig_im_size": np.array(size[::-1], np.float32),
            },
        )
        return masks[0]


class _Sam2:
    """SAM 2 through transformers. It sees the picture stretched to a square."""

    def __init__(self, folder: Path) -> None:
        from transformers import Sam2Model
        from transformers.utils import logging

        logging.disable_progress_bar()
        self._model = Sam2Model.from_pretrained(folder, use_safetensors=True).eval()
        self._side = int(self._model.config.vision_config.backbone_config.image_size[0])

    def embed(self, rgb: Array) -> Any:
        import torch

        pixels = preprocess.resize(rgb, (self._side, self._side)).astype(np.float32) / 255
        pixels = (pixels - (0.485, 0.456, 0.406)) / (0.229, 0.224, 0.225)
        with torch.inference_mode():
            return self._model.get_image_embeddings(torch.from_numpy(pixels.transpose(2, 0, 1)[None]).float())

    def decode(self, embedding: Any, size: tuple[int, int], points: Float, labels: Float) -> Float:
        import torch

        corners = labels >= 2
        prompts: dict[str, Any] = {}
        if (~corners).any():
            prompts["input_points"] = torch.from_numpy(points[~corners][None, None] * self._side).float()
            prompts["input_labels"] = torch.from_numpy(labels[~corners][None, None]).int()
        if corners.any():
            prompts["input_boxes"] = torch.from_numpy(points[corners].reshape(1, 1, 4) * self._side).float()
        with torch.inference_mode():
            one = self._model(image_embeddings=embedding, multimask_output=False, **prompts).pred_masks[0, 0]
            three = self._model(image_embeddings=embedding, multimask_output=True, **prompts).pred_masks[0, 0]
        return np.stack([preprocess.resize(mask, size) for mask in torch.cat([one[:1], three]).float().numpy()])


SOURCES = (Sam(),)
