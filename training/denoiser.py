"""Train the text encoder and the UNet together: predict v from noisy latents, a mask, what is kept, and a caption."""

from __future__ import annotations

import copy
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from training import captions, legs, views
from training.config import Bucket, Settings, scheduler, text_encoder, unet
from training.data import Pack

KEPT_WEIGHT = 0.05  # of the loss where nothing is repainted, beside 1 where it is
CHUNK = 64  # views encoded at once


class Painter(nn.Module):
    """The text encoder and the UNet as one module: from noisy latents and everything else to v."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.text = text_encoder(settings)
        self.unet = unet(settings)

    def forward(self, noisy: Tensor, times: Tensor, mask: Tensor, shown: Tensor, tokens: Tensor) -> Tensor:
        """``noisy`` and ``shown`` ``(B, 4, h, w)``, ``mask`` one channel, ``tokens`` ``(B, words)``; v as ``noisy``."""
        words = self.text(tokens).last_hidden_state
        return self.unet(torch.cat([noisy, mask, shown], 1), times, words).sample


@dataclass(frozen=True)
class Views:
    """Encoded views of one size.

    Attributes:
        target: ``(N, 4, h, w)``, scaled latents of what is to be painted.
        mask: ``(N, 1, h, w)``, 1 = repaint.
        shown: ``(N, 4, h, w)``, scaled latents of what the model sees.
        tokens: ``(N, wordings, words)`` int64.
    """

    target: Tensor
    mask: Tensor
    shown: Tensor
    tokens: Tensor


def photo_share(settings: Settings, photos: int, steps: int) -> float:
    """How much of all samples may come from photographs, so that none is trained on in more than ``epochs`` views."""
    return min(0.75, settings.epochs * photos / max(1, steps * settings.batch))


class Denoiser:
    """The denoiser in training; see :class:`legs.Trainer`.

    Args:
        settings: its sizes.
        pack: the pictures, already on ``device``.
        vae: the trained autoencoder.
        tokenizer: the trained tokenizer.
        steps: steps in all.
        compiled: whether to compile it.
    """

    def __init__(
        self,
        settings: Settings,
        pack: Pack,
        vae: Any,
        tokenizer: Any,
        steps: int,
        device: torch.device,
        compiled: bool = False,
    ) -> None:
        torch.manual_seed(settings.seed)
        self.settings, self.pack, self.steps, self.device, self.begun = settings, pack, steps, device, 0
        self.vae, self.tokenizer = vae.to(device), tokenizer
        self.net = Painter(settings).to(device).train()
        self.net.unet.to(memory_format=torch.channels_last)
        self.average = copy.deepcopy(self.net).requires_grad_(False).eval()
        self.optimizer = torch.optim.AdamW(
            self.net.parameters(), betas=(0.9, 0.99), weight_decay=0.01, fused=device.type == "cuda"
        )
        self._net: Any = torch.compile(self.net, dynamic=False) if compiled else self.net
        self._alphas = scheduler().alphas_cumprod.to(device)
        self._unsaid = torch.tensor(self._tokens([""])[0], device=device)
        photos = sum(fact.get("licence_group") != "rendered" for fact in pack.pictures.facts)
        share = photo_share(settings, photos, steps)
        self._sampling = [
            views.Sampling.of(pack.pictures, bucket, share, balance=settings.augment > 0) for bucket in settings.buckets
        ]
        self._pool: tuple[int, list[Views]] = (-1, [])

    def _tokens(self, texts: list[str]) -> list[list[int]]:
        found: list[list[int]] = self.tokenizer(
            texts, padding="max_length", truncation=True, max_length=self.settings.words
        ).input_ids
        return found

    @torch.no_grad()
    def _encoded(self, pictures: Tensor) -> Tensor:
        with legs.autocast(self.device):
            latents = self.vae.encode(pictures * 2 - 1).latents
        return latents.float() * self.vae.config.scaling_factor

    def pool(self, number: int) -> list[Views]:
        """The views that are trained on during steps ``number * pool_steps`` and on, one entry per bucket."""
        if self._pool[0] != number:
            self._pool = (number, [])  # the old one must go before the new one comes
            made = [self._views(number, at, bucket) for at, bucket in enumerate(self.settings.buckets)]
            self._pool = (number, made)
        return self._pool[1]

    @torch.no_grad()
    def _views(self, number: int, at: int, bucket: Bucket) -> Views:
        settings = self.settings
        generator = legs.chance(settings.seed, number * len(settings.buckets) + at, 3, self.device)
        words = random.Random(f"{settings.seed} {number} {at}")
        parts: list[tuple[Tensor, Tensor, Tensor]] = []
        texts: list[str] = []
        for _ in range(max(1, round(settings.pool * bucket.share / CHUNK))):
            seen, which, done = views.crops(
                self.pack.pictures, self._sampling[at], bucket, CHUNK, generator, settings.augment
            )
            kept = views.keep(seen, self.pack.things, generator)
            parts.append((self._encoded(kept.target), views.latent_mask(kept.mask), self._encoded(kept.shown)))
            for picture, view in zip(which, done, strict=True):
                facts = self.pack.pictures.facts[picture]
                texts += [captions.wording(facts, view, words, settings.augment) for _ in range(settings.wordings)]
        target, mask, shown = (torch.cat(each) for each in zip(*parts, strict=True))
        half = torch.bfloat16 if self.device.type == "cuda" else torch.float32
        tokens = torch.tensor(self._tokens(texts)).reshape(-1, settings.wordings, settings.words)
        return Views(target.to(half), mask.to(half), shown.to(half), tokens.to(self.device))

    def step(self, number: int) -> Mapping[str, Tensor]:
        """One step; see :class:`legs.Trainer`."""
        settings = self.settings
        ready = self.pool(number // settings.pool_steps)
        which = random.Random(f"{settings.seed} {number}").choices(
            range(len(ready)), [bucket.share for bucket in settings.buckets]
        )[0]
        return self.learn(ready[which], number)

    def learn(self, ready: Views, number: int) -> Mapping[str, Tensor]:
        """One step on a batch of these views."""
        settings = self.settings
        chance = legs.chance(settings.seed, number, 4, self.device)
        legs.set_rate(self.optimizer, settings.rate * legs.rate(number, self.begun, self.steps, settings.warm_up))
        loss = self.loss(ready, chance)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        size = nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        self.optimizer.step()
        legs.follow(self.average, self.net, number, settings.average)
        return {"loss": loss.detach(), "gradient": size.detach()}

    def loss(self, ready: Views, chance: torch.Generator) -> Tensor:
        """The mean squared error of v, mostly where the picture is repainted, on a batch of the views."""
        settings, device = self.settings, self.device
        count = settings.batch

        def random_to(most: int) -> Tensor:
            return torch.randint(most, (count,), generator=chance, device=device)

        at = random_to(len(ready.target))
        target, mask, shown = (each[at].float() for each in (ready.target, ready.mask, ready.shown))
        tokens = ready.tokens[at, random_to(settings.wordings)]
        dropped = torch.rand(count, generator=chance, device=device) < settings.caption_drop
        tokens = torch.where(dropped[:, None], self._unsaid, tokens)
        times = random_to(len(self._alphas))
        noise = torch.randn(target.shape, generator=chance, device=device)
        signal = self._alphas[times].sqrt()[:, None, None, None]
        spread = (1 - self._alphas[times]).sqrt()[:, None, None, None]
        noisy = signal * target + spread * noise
        velocity = signal * noise - spread * target
        with legs.autocast(device):
            found = self._net(noisy, times, mask, shown, tokens)
        weight = KEPT_WEIGHT + (1 - KEPT_WEIGHT) * mask
        error = (found.float() - velocity).square().mean(1, keepdim=True)
        return ((error * weight).sum((1, 2, 3)) / weight.sum((1, 2, 3))).mean()

    def state(self) -> dict[str, Any]:
        """See :class:`legs.Trainer`."""
        return {
            "begun": self.begun,
            "net": self.net.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """See :class:`legs.Trainer`."""
        self.begun = state["begun"]
        self.net.load_state_dict(state["net"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])

    def take_up(self, weights: Mapping[str, Tensor], step: int) -> None:
        """Go on from averaged weights alone, the optimizer new at ``step``."""
        for net in (self.net, self.average):
            net.load_state_dict(dict(weights))
        self.begun = step
