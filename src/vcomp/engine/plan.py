"""What a generation will need and which ways it will go, before anything is loaded."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import torch

from vcomp.engine.continuing import is_continued
from vcomp.engine.denoising import windows_of
from vcomp.engine.memory import (
    Load,
    NetworkNeed,
    activations_bytes,
    available_bytes,
    shared_bytes,
    stage_bytes,
)
from vcomp.engine.networks import GENERATING, Networks
from vcomp.engine.settings import Settings
from vcomp.engine.ways import Ways, decoded_frames
from vcomp.errors import ResourceError
from vcomp.models.published import PublishedCard
from vcomp.models.system import ModelCard


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A generation's ways and its need for memory.

    Args:
        card: The model's.
        load: How much is done at once.
        device: Where.
        dtypes: Precision of the weights of each network that takes part.
        arithmetic: Precision that each computes in.
        weights: Bytes of each.
        available: Bytes that can be had, None where nobody knows.
        ways: Those chosen.
        largest: Those that would be, were memory not short.
    """

    card: ModelCard | PublishedCard
    load: Load
    device: torch.device
    dtypes: Mapping[str, torch.dtype]
    arithmetic: Mapping[str, torch.dtype]
    weights: Mapping[str, int]
    available: int | None
    ways: Ways
    largest: Ways

    @cached_property
    def needs(self) -> dict[str, NetworkNeed]:
        """Of each network."""
        return {
            part: NetworkNeed(
                name=part,
                dtype=dtype,
                arithmetic=(arithmetic := self.arithmetic[part]),
                weights_bytes=self.weights[part],
                activations_bytes=activations_bytes(
                    part, self.load, self.ways, card=self.card, dtype=arithmetic
                ),
            )
            for part, dtype in self.dtypes.items()
        }

    @cached_property
    def stages(self) -> dict[str, int]:
        """Peak of each stage in bytes."""
        in_turn = ("autoencoder",) if is_continued(self.load.names, self.load.settings, self.card) else ()
        shared = shared_bytes(self.load, self.card)
        return stage_bytes(self.needs, self.ways, shared_bytes=shared, beside_unet=in_turn)

    @property
    def in_windows(self) -> str:
        """How a long video is parted, for the user; empty where the UNet sees all of it at once."""
        settings, count = self.load.settings, len(windows_of(self.load.settings))
        if count == 1:
            return ""
        return f"{count} windows of {settings.window_frames}, neighbours share {settings.overlap_frames}"

    @property
    def peak_bytes(self) -> int:
        """The largest of them."""
        return max(self.stages.values())

    @property
    def fits(self) -> bool:
        """Whether there is memory for it, as far as anybody knows."""
        return self.available is None or self.peak_bytes <= self.available

    @property
    def short_of(self) -> str:
        """What is done because memory is short, for the user; empty where it is not."""
        return self.ways.change_from(self.largest)

    def fitted(self) -> Plan:
        """In the largest ways for which there is memory; in the smallest, if there is not."""
        plan = self
        while not plan.fits:
            worst = max(plan.stages, key=lambda stage: plan.stages[stage])
            smaller = plan.ways.smaller(worst)
            if smaller is None:
                break
            plan = replace(plan, ways=smaller)
        return plan

    def check(self) -> None:
        """Raise if it does not fit.

        Raises:
            ResourceError: It does not, in whatever way.
        """
        if self.fits or self.available is None:
            return
        settings = self.load.settings
        width, height = settings.size
        raise ResourceError(
            f"{settings.num_frames} frames of {width}x{height} need about {self.peak_bytes / 1e9:.1f} GB of"
            f" memory, and {self.available / 1e9:.1f} GB are free.",
            hint="Ask for fewer or smaller frames.",
        )


def largest_ways(networks: Networks, settings: Settings) -> Ways:
    """The ways to go where memory is not short.

    A CPU is not faster with a larger batch, and without one a seed's bits do not depend on free memory.
    """
    return Ways(
        batched=networks.device.type != "cpu",
        decoded_frames=decoded_frames(settings.size, settings.num_frames),
        residency=networks.residency,
    )


def make_plan(networks: Networks, load: Load, *, extracting: Collection[str] = ()) -> Plan:
    """The plan of a generation, in the largest ways for which there is memory now.

    Args:
        networks: Of the model; those that are loaded count as free memory, as they are counted as needed.
        load: How much is done at once.
        extracting: Names of the extractors that will run.

    Raises:
        WeightsError: The model is damaged.
    """
    parts = [*extracting, *GENERATING]
    free = available_bytes(networks.device)
    ways = largest_ways(networks, load.settings)
    plan = Plan(
        card=networks.system.card,
        load=replace(load, whole_layers=networks.device.type != "cpu"),
        device=networks.device,
        dtypes={part: networks.dtype_of(part) for part in parts},
        arithmetic={part: networks.arithmetic_of(part) for part in parts},
        weights={part: networks.weights_bytes(part) for part in parts},
        available=None if free is None else free + networks.loaded_bytes,
        ways=ways,
        largest=ways,
    )
    return plan.fitted()
