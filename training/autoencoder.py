"""Train the autoencoder: what latents are, and how they become pictures again.

Losses: L1; shift-tolerant LPIPS; a small patch discriminator from half-way on (hinge loss, as in VQGAN); latents near
mean 0 and spread 1; and, on a quarter of the steps, halved latents must decode to the halved picture, which makes them
easier to generate (EQ-VAE, Kouzelis et al., 2025). The decoder sees a little noise on its latents, because a denoiser's
are never exact.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from training import legs, views
from training.config import Bucket, Settings, autoencoder
from training.data import Pack
from training.perceptual import Perceptual

LOOKS, SPREAD, REALISM = 0.7, 0.02, 0.03
"""Weights of the perceptual, the latents' and the adversarial loss beside L1."""
NOISE = 0.05  # of a latent's spread, added before decoding
HALVED = 4  # every so many steps


def discriminator(width: int) -> nn.Module:
    """Says of every patch of some 34 pixels how real it looks; ``(B, 3, H, W)`` in -1..1 to ``(B, 1, H/8, W/8)``."""

    def down(inner: int, outer: int) -> list[nn.Module]:
        return [nn.Conv2d(inner, outer, 4, 2, 1), nn.GroupNorm(8, outer), nn.LeakyReLU(0.2)]

    return nn.Sequential(
        nn.Conv2d(3, width, 4, 2, 1),
        nn.LeakyReLU(0.2),
        *down(width, 2 * width),
        *down(2 * width, 4 * width),
        nn.Conv2d(4 * width, 1, 3, 1, 1),
    )


class Autoencoder:
    """The autoencoder in training; see :class:`legs.Trainer`.

    Args:
        settings: its sizes.
        pack: the pictures, already on ``device``.
        steps: steps in all, for the learning rate's end and the discriminator's beginning.
        compiled: whether to compile it.
    """

    def __init__(
        self, settings: Settings, pack: Pack, steps: int, device: torch.device, compiled: bool = False
    ) -> None:
        torch.manual_seed(settings.seed)
        self.settings, self.pack, self.steps, self.device, self.begun = settings, pack, steps, device, 0
        self.net = autoencoder(settings).to(device).to(memory_format=torch.channels_last).train()
        self.average = copy.deepcopy(self.net).requires_grad_(False).eval()
        critic: Any = discriminator(32).to(device)
        self.critic = critic.to(memory_format=torch.channels_last)
        self.looks = (Perceptual.load(pack.perceptual) if pack.perceptual else Perceptual()).to(device)
        self.known_looks = bool(pack.perceptual)
        self.optimizer = torch.optim.AdamW(self.net.parameters(), betas=(0.9, 0.99), weight_decay=1e-3)
        self.critics = torch.optim.AdamW(self.critic.parameters(), betas=(0.5, 0.99), weight_decay=1e-3)
        side = settings.vae_crop
        self.bucket = Bucket(side, side, 1.0)
        self.sampling = views.Sampling.of(pack.pictures, self.bucket, 0.8, balance=False)
        self._encode: Any = torch.compile(self.net.encoder) if compiled else self.net.encoder
        self._decode: Any = torch.compile(self.net.decoder) if compiled else self.net.decoder

    def step(self, number: int) -> Mapping[str, Tensor]:
        """One step; see :class:`legs.Trainer`."""
        settings = self.settings
        chance = legs.chance(settings.seed, number, 1, self.device)
        share = legs.rate(number, self.begun, self.steps, settings.warm_up)
        legs.set_rate(self.optimizer, settings.vae_rate * share)
        legs.set_rate(self.critics, settings.vae_rate * share)
        with torch.no_grad():
            pictures = self._pictures(chance)
        with legs.autocast(self.device):
            latents = self._encode(pictures)
            shifted = latents + NOISE * torch.randn(latents.shape, generator=chance, device=self.device)
            wanted = pictures
            if number % HALVED == HALVED - 1 and min(latents.shape[2:]) >= 8:
                shifted, wanted = (F.avg_pool2d(each, 2) for each in (shifted, pictures))
            made = self._decode(shifted)
        made, wide = made.float(), latents.float()
        losses = {
            "l1": (made - wanted).abs().mean(),
            "latents": wide.mean((0, 2, 3)).square().mean() + (wide.std((0, 2, 3)) - 1).square().mean(),
        }
        loss = losses["l1"] + SPREAD * losses["latents"]
        if self.known_looks and min(wanted.shape[2:]) >= 32:
            with legs.autocast(self.device):
                losses["looks"] = self.looks(made, wanted).float()
            loss = loss + LOOKS * losses["looks"]
        judged = number >= self.steps // 2
        if judged:
            with legs.autocast(self.device):
                loss = loss - REALISM * self.critic(made).float().mean()
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        self.optimizer.step()
        legs.follow(self.average, self.net, number, 0.999)
        if judged:
            losses["critic"] = self._judge(wanted, made.detach())
        return {key: value.detach() for key, value in losses.items()}

    def _judge(self, real: Tensor, made: Tensor) -> Tensor:
        with legs.autocast(self.device):
            loss = (F.relu(1 - self.critic(real)) + F.relu(1 + self.critic(made))).float().mean()
        self.critics.zero_grad(set_to_none=True)
        loss.backward()
        self.critics.step()
        return loss

    def _pictures(self, chance: torch.Generator) -> Tensor:
        """``(B, 3, crop, crop)`` in -1..1; of every four one as it is shown to the denoiser, with grey in it."""
        settings = self.settings
        seen, _, _ = views.crops(
            self.pack.pictures, self.sampling, self.bucket, settings.vae_batch, chance, max(0.5, settings.augment), 0.35
        )
        part = settings.vae_batch // 4
        if part:
            kept = views.keep(seen[:part], self.pack.things, chance)
            seen[:part] = torch.where(
                torch.rand(part, 1, 1, 1, generator=chance, device=self.device) < 0.5, kept.shown, kept.target
            )
        return (seen * 2 - 1).contiguous(memory_format=torch.channels_last)

    def state(self) -> dict[str, Any]:
        """See :class:`legs.Trainer`."""
        nets = {"net": self.net, "average": self.average, "critic": self.critic}
        return {
            "begun": self.begun,
            **{name: net.state_dict() for name, net in nets.items()},
            "optimizer": self.optimizer.state_dict(),
            "critics": self.critics.state_dict(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """See :class:`legs.Trainer`."""
        self.begun = state["begun"]
        for part in (self.net, self.average, self.critic, self.optimizer, self.critics):
            part.load_state_dict(state[next(name for name, value in vars(self).items() if value is part)])

    def take_up(self, weights: Mapping[str, Tensor], step: int) -> None:
        """Go on from averaged weights alone, the optimizers and the discriminator new at ``step``."""
        for net in (self.net, self.average):
            net.load_state_dict(dict(weights))
        self.begun = step

    @torch.no_grad()
    def scale(self) -> float:
        """What latents are multiplied with so that their spread is 1, measured on 256 crops."""
        chance = legs.chance(self.settings.seed, 0, 2, self.device)
        latents = [
            self.average.encode(self._pictures(chance)).latents for _ in range(-(-256 // self.settings.vae_batch))
        ]
        return float(1 / torch.cat(latents).std())


def load(settings: Settings, weights: Mapping[str, Tensor], scale: float) -> Any:
    """The trained autoencoder, in float32, with its scale in its configuration."""
    net = autoencoder(settings)
    net.load_state_dict(dict(weights))
    net.register_to_config(scaling_factor=scale)
    return net.eval().requires_grad_(False)
