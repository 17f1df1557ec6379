"""A subject put elsewhere in a frame of its own: moved, turned, mirrored, scaled (:func:`place`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from errors import BadInput
from imaging import composite, resample
from imaging.fill import push_pull
from imaging.foreground import Edge
from imaging.geometry import Box, Size
from imaging.photo import Array, Photo
from imaging.pose import Pose, pose_of
from imaging.subject import Subject
from recipe import Placement

SURROUNDINGS_SIDE = 1024  # pixels, the longer side at which the subject's place in the photo is filled
LEAST_CUT_OFF = 0.005  # of the subject, from which it is said
ENLARGED = 1.5  # from which scale on it is said that the subject looks soft
SOFT = "Enlarged that much it looks soft: a larger photo stays sharp."
Mask = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Placed:
    """A subject in its frame.

    Attributes:
        subject: with a photo of the frame's size: the subject in its place before the photo's surroundings.
        pose: how it came there; ``None`` where it stays as photographed.
        cut_off: the share of the subject that lies outside the frame, 0..1.
        notes: sentences a person should read.
    """

    subject: Subject
    pose: Pose | None
    cut_off: float
    notes: tuple[str, ...]

    @property
    def resampled(self) -> bool:
        """Whether the subject's pixels are not the photo's own."""
        return self.pose is not None and not self.pose.exact


def place(subject: Subject, placement: Placement) -> Placed:
    """The subject in its frame.

    Args:
        subject: of a photo, with its edge's colours.
        placement: where and how large; the default one gives the subject as it is.

    Raises:
        BadInput: the frame is too large, or nothing of the subject is in it.
    """
    if placement == Placement():
        return Placed(subject, None, 0.0, ())
    pose = pose_of(subject.alpha, placement)
    colours = _foreground(subject)
    if pose.exact:
        pixels, alpha = resample.moved(colours, subject.alpha, pose)
    else:
        pixels, alpha = resample.resampled(colours, subject.alpha, pose)
    area = float(subject.alpha.sum(dtype=np.int64)) * pose.scale**2
    inside = float(alpha.sum(dtype=np.int64))
    if not (alpha >= 128).any():
        raise BadInput("Nothing of the subject is left in the picture; move it back or scale it up.")
    edge = Edge.of(pixels, alpha)
    photo = subject.photo
    pictured = composite.over(pixels, alpha, edge, without_subject(photo, subject.alpha, pose.frame))
    placed = Photo(pictured, None, photo.icc, photo.exif, photo.digest, photo.notes)
    cut_off = max(0.0, 1 - inside / area)
    return Placed(Subject(placed, alpha, edge), pose, cut_off, tuple(_notes(subject, alpha, pose, cut_off)))


def _foreground(subject: Subject) -> Array:
    """The subject's own colours, ``(H, W, 3)``; black where there is none of it."""
    colours = np.zeros_like(subject.photo.pixels)
    cv2.copyTo(subject.photo.pixels, (subject.alpha == 255).astype(np.uint8), colours)
    subject.edge.paint(colours)
    return colours


def without_subject(photo: Photo, alpha: Mask, frame: Size) -> Array:
    """The photo without its subject, cut to the frame's shape and brought to its size: ``(h, w, 3)``.

    The subject's place, a little wider, is filled from what is around it.
    """
    have = Size(*photo.size)
    seen = Box.centred(frame.inside(have), have)
    pixels, covered = photo.pixels[seen.slices], alpha[seen.slices]
    small_size = Size(seen.width, seen.height)
    if max(small_size) > SURROUNDINGS_SIDE:
        small_size = small_size.inside(Size(SURROUNDINGS_SIDE, SURROUNDINGS_SIDE))
    full = float(np.iinfo(pixels.dtype).max)
    small = cv2.resize(pixels, small_size, interpolation=cv2.INTER_AREA).astype(np.float32) / full
    margin = 2 * max(2, round(0.01 * max(small_size))) + 1
    near = cv2.dilate(cv2.resize(covered, small_size, interpolation=cv2.INTER_AREA), np.ones((margin, margin)))
    gone = (near > 4).astype(np.float32)
    filled = np.clip(push_pull(small, 1 - gone) * full + 0.5, 0, full).astype(pixels.dtype)
    shrinks = frame.width < seen.width
    large: Any = cv2.resize(pixels, frame, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
    hidden = cv2.resize(gone, frame, interpolation=cv2.INTER_LINEAR) > 0
    cv2.copyTo(cv2.resize(filled, frame, interpolation=cv2.INTER_LINEAR), hidden.astype(np.uint8), large)
    return np.asarray(large, pixels.dtype)


def _notes(subject: Subject, alpha: Mask, pose: Pose, cut_off: float) -> list[str]:
    notes = []
    if not pose.exact:
        how = [f"scaled to {pose.scale:.0%}"] if pose.scale != 1 else []
        how += [f"rotated by {pose.rotate:g}°"] if pose.rotate else []
        soft = f" {SOFT}" if pose.scale > ENLARGED else ""
        notes.append(f"The subject is resampled: {' and '.join(how)}.{soft}")
    height, width = subject.alpha.shape
    cut = pose.source.left == 0, pose.source.top == 0, pose.source.right == width, pose.source.bottom == height
    if any(cut):
        box = Box.around(alpha)
        assert box is not None  # checked before
        left, top, right, bottom = cut
        if pose.flip:
            left, right = right, left
        inside = box.left > 0, box.top > 0, box.right < pose.frame.width, box.bottom < pose.frame.height
        shows = [was_cut and shown for was_cut, shown in zip((left, top, right, bottom), inside, strict=True)]
        if any(shows) and pose.rotate == 0:
            sides = [name for name, shown in zip(("left", "top", "right", "bottom"), shows, strict=True) if shown]
            notes.append(f"The photo cuts the subject off, and its {' and '.join(sides)} end shows in the picture.")
    if cut_off >= LEAST_CUT_OFF:
        notes.append(f"{cut_off:.0%} of the subject lies outside the picture.")
    return notes
