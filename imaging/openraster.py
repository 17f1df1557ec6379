"""A composite in layers: as PNG files, or as one OpenRaster file that Krita and GIMP open."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from imaging.encode import encode
from imaging.photo import Array, to_8_bit

THUMBNAIL = 256  # pixels, the longer side (OpenRaster 0.0.5)


@dataclass(frozen=True, eq=False)
class Layers:
    """What a composite is made of; all of one size.

    Attributes:
        cut_out: ``(H, W, 4)``, the subject alone, straight alpha.
        shadow: ``(H, W)`` uint8, its opacity over the background; ``None`` where there is none.
        background: ``(H, W, 3)`` without the shadow; ``None`` where there is none.
        mask: ``(H, W)`` uint8, the selection.
        merged: ``(H, W, 3)`` or ``(H, W, 4)``, the result.
        icc: the colour profile of them all; ``None`` means sRGB.
    """

    cut_out: Array
    shadow: npt.NDArray[np.uint8] | None
    background: Array | None
    mask: npt.NDArray[np.uint8]
    merged: Array
    icc: bytes | None

    def pngs(self) -> dict[str, bytes]:
        """PNG files by the layers' names, from the top down, and the mask."""
        pictures = {"cutout": self.cut_out}
        if self.shadow is not None:
            depth = np.iinfo(self.cut_out.dtype).max // 255
            pictures["shadow"] = np.zeros_like(self.cut_out)
            pictures["shadow"][..., 3] = self.shadow.astype(self.cut_out.dtype) * depth
        if self.background is not None:
            pictures["background"] = self.background
        files = {name: encode(pixels, "PNG", self.icc) for name, pixels in pictures.items()}
        return {**files, "mask": encode(self.mask, "PNG")}

    def zipped(self) -> bytes:
        """The PNG files as one zip file."""
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
            for name, data in self.pngs().items():
                archive.writestr(_entry(f"{name}.png"), data)
        return out.getvalue()

    def openraster(self) -> bytes:
        """The layers as an OpenRaster file (https://www.openraster.org, version 0.0.5); the mask is a hidden layer."""
        height, width = self.mask.shape
        files = self.pngs()
        stack = "".join(
            f'<layer name="{name}" src="data/{name}.png" x="0" y="0" opacity="1.0" '
            f'visibility="{"hidden" if name == "mask" else "visible"}" composite-op="svg:src-over"/>'
            for name in sorted(files, key=lambda name: name != "mask")
        )
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:  # PNGs do not get smaller
            archive.writestr(_entry("mimetype"), "image/openraster")  # first and stored: this is how it is recognised
            archive.writestr(
                _entry("stack.xml"),
                f'<?xml version="1.0" encoding="UTF-8"?>\n<image version="0.0.5" w="{width}" h="{height}"><stack>'
                f"{stack}</stack></image>",
            )
            for name, data in files.items():
                archive.writestr(_entry(f"data/{name}.png"), data)
            archive.writestr(_entry("mergedimage.png"), encode(self.merged, "PNG", self.icc))
            archive.writestr(_entry("Thumbnails/thumbnail.png"), encode(self._thumbnail(), "PNG", self.icc))
        return out.getvalue()

    def _thumbnail(self) -> Array:
        height, width = self.mask.shape
        scale = min(1.0, THUMBNAIL / max(height, width))
        size = max(1, round(width * scale)), max(1, round(height * scale))
        return np.asarray(cv2.resize(to_8_bit(self.merged), size, interpolation=cv2.INTER_AREA))


def _entry(name: str) -> zipfile.ZipInfo:
    return zipfile.ZipInfo(name)  # dated 1980: equal layers give equal bytes
