"""Networks that OpenVINO runs, as the modules that a diffusers pipeline expects.

Each takes and gives torch tensors in float32 in main memory; what it computes in is OpenVINO's affair: bfloat16 where
the processor multiplies that itself, 8-bit integers where the network was quantized.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from diffusion.mapped import released_as_read
from models import layouts

PRECISION = {"bfloat16": "bf16", "float32": "f32"}  # OpenVINO's names by torch's


def cores() -> int:
    """Processor cores this process may use; two threads of one core do not multiply faster than one."""
    import psutil

    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(allowed, psutil.cpu_count(logical=False) or allowed))


def settings(dtype: str) -> dict[str, Any]:
    """How OpenVINO compiles a network: one answer as soon as can be, on all cores.

    Args:
        dtype: torch's name of the precision to compute in.
    """
    return {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_NUM_THREADS": cores(),
        "INFERENCE_PRECISION_HINT": PRECISION[dtype],
    }


class Compiled:
    """A converted network, compiled for the shapes of its inputs as they come: fixed shapes run quicker.

    Args:
        folder: as :func:`diffusion.parts.ensure` gives it.
        dtype: torch's name of the precision to compute in.
        shapes_kept: for how many sets of shapes it stays compiled; each takes memory for the weights.
    """

    def __init__(self, folder: Path, dtype: str, shapes_kept: int = 1) -> None:
        self.file = folder / "model.xml"
        self._dtype = dtype
        self._kept: OrderedDict[tuple[tuple[int, ...], ...], Any] = OrderedDict()
        self._shapes_kept = shapes_kept

    def __call__(self, *inputs: torch.Tensor) -> list[torch.Tensor]:
        """Its outputs for these inputs; both contiguous."""
        arrays = [value.detach().contiguous().numpy() for value in inputs]
        request = self._request(tuple(array.shape for array in arrays))
        answers = request.infer(arrays, share_inputs=True)
        return [torch.from_numpy(answers[index].copy()) for index in range(len(answers))]

    def _request(self, shapes: tuple[tuple[int, ...], ...]) -> Any:
        if shapes in self._kept:
            self._kept.move_to_end(shapes)
            return self._kept[shapes]
        while len(self._kept) >= self._shapes_kept:
            self._kept.popitem(last=False)
        import openvino

        core = openvino.Core()
        model = core.read_model(self.file)
        model.reshape({index: list(shape) for index, shape in enumerate(shapes)})
        with released_as_read(self.file.with_suffix(".bin")):
            self._kept[shapes] = core.compile_model(model, "CPU", settings(self._dtype)).create_infer_request()
        return self._kept[shapes]


class _Module(torch.nn.Module):
    """What pipelines ask of any of their networks: configuration, precision, place."""

    config: Any
    dtype = torch.float32
    device = torch.device("cpu")


def _config(folder: Path) -> Any:
    from diffusers.configuration_utils import FrozenDict

    return FrozenDict(layouts.read_json(folder / "about.json")["config"])


class CompiledUNet(_Module):
    """A UNet. ``watch``, where set, is called with the inputs of each pass."""

    def __init__(self, folder: Path, dtype: str) -> None:
        super().__init__()
        self.config = _config(folder)
        self._run = Compiled(folder, dtype)
        self.watch: Callable[[tuple[torch.Tensor, ...]], None] | None = None
        if self.config.addition_embed_type == "text_time":  # SDXL's pipeline checks how wide it is
            self.add_embedding = torch.nn.Module()
            self.add_embedding.linear_1 = torch.nn.Module()
            self.add_embedding.linear_1.in_features = self.config.projection_class_embeddings_input_dim

    def forward(
        self,
        sample: torch.Tensor,
        timestep: Any,
        encoder_hidden_states: torch.Tensor,
        added_cond_kwargs: dict[str, torch.Tensor] | None = None,
        return_dict: bool = False,
        **_unused: Any,
    ) -> tuple[torch.Tensor]:
        inputs: tuple[torch.Tensor, ...] = (
            sample.float(),
            torch.as_tensor(timestep, dtype=torch.float32).reshape(()),
            encoder_hidden_states.float(),
        )
        if added_cond_kwargs:
            inputs += (added_cond_kwargs["text_embeds"].float(), added_cond_kwargs["time_ids"].float())
        if self.watch:
            self.watch(inputs)
        return (self._run(*inputs)[0],)


class CompiledTextEncoder(_Module):
    """CLIP's text encoder, with or without projection."""

    def __init__(self, folder: Path, dtype: str) -> None:
        super().__init__()
        self.config = _config(folder)
        self._run = Compiled(folder, dtype)

    def forward(self, tokens: torch.Tensor, **_unused: Any) -> Any:
        from transformers.modeling_outputs import BaseModelOutput

        first, hidden = self._run(tokens)
        return BaseModelOutput(last_hidden_state=first, hidden_states=(hidden, first))


class CompiledVae(_Module):
    """A VAE; ``tiny`` ones encode to latents, others to a distribution of them."""

    def __init__(self, encoder: Path, decoder: Path, dtype: str, tiny: bool) -> None:
        super().__init__()
        self.config = _config(encoder)
        kept = 2 if tiny else 1  # a tiny one also decodes previews
        self._encoder, self._decoder = Compiled(encoder, dtype), Compiled(decoder, dtype, kept)
        self._tiny = tiny

    def encode(self, pixels: torch.Tensor) -> Any:
        from diffusers.models.autoencoders.autoencoder_tiny import AutoencoderTinyOutput
        from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution
        from diffusers.models.modeling_outputs import AutoencoderKLOutput

        (answer,) = self._encoder(pixels.float())
        if self._tiny:
            return AutoencoderTinyOutput(latents=answer)
        return AutoencoderKLOutput(latent_dist=DiagonalGaussianDistribution(answer))

    def decode(self, latents: torch.Tensor, return_dict: bool = True, **_unused: Any) -> tuple[torch.Tensor]:
        return (self._decoder(latents.float())[0],)
