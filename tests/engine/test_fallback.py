"""Out of memory: the next smaller way is taken, said, and gives what it gives when it is taken at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from vcomp.conditions.container import Conditions
from vcomp.engine import Engine, Guide, Settings
from vcomp.engine.fallback import Fallback
from vcomp.engine.ways import Residency, Ways
from vcomp.errors import ResourceError
from vcomp.media.clip import Frames
from vcomp.models.autoencoder import TinyAutoencoder
from vcomp.models.system import System
from vcomp.models.unet import UNet

SETTINGS = Settings(
    num_frames=3, size=(64, 64), num_steps=2, seed=5, guides=(Guide(names=("text",), scale=3),)
)
CONDITIONS = Conditions(text="a yellow star", depth=torch.rand(1, 3, 64, 64))
ALL_AT_ONCE = Ways(batched=True, decoded_frames=3)


class Device:
    """Has memory left, or not: `too_much` is asked with the first tensor a method is given."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, system: System) -> None:
        self.patch = monkeypatch
        self.system = system
        self.notes: list[str] = []
        self.engine = Engine(system, device="cpu", dtype="float32")

    def limit(self, owner: type, method: str, too_much: Callable[[torch.Tensor], bool]) -> None:
        run = getattr(owner, method)

        def limited(network: Any, x: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
            if too_much(x):
                raise torch.OutOfMemoryError("CUDA out of memory.")
            return run(network, x, *args, **kwargs)

        self.patch.setattr(owner, method, limited)

    def frames(self, ways: Ways) -> Frames:
        """Of a video that begins in `ways`."""
        self.patch.setattr("vcomp.engine.plan.largest_ways", lambda *_: ways)
        return self.engine.generate(CONDITIONS, SETTINGS, on_note=self.notes.append).clip.frames


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch, system: System) -> Device:
    return Device(monkeypatch, system)


def test_batched_guidance_gives_the_same_but_for_rounding(device: Device) -> None:
    one_by_one = device.frames(Ways(decoded_frames=3)).astype(int)
    assert np.abs(device.frames(ALL_AT_ONCE) - one_by_one).max() <= 1
    assert device.notes == []


def test_condition_sets_come_one_after_another(device: Device) -> None:
    directly = device.frames(Ways(decoded_frames=3))
    device.limit(UNet, "forward", lambda latents: len(latents) > 1)
    assert np.array_equal(device.frames(ALL_AT_ONCE), directly)
    assert device.notes == ["denoise: out of memory, once more with condition sets one after another"]


def test_fewer_frames_are_decoded_at_a_time(device: Device) -> None:
    directly = device.frames(Ways(decoded_frames=1))
    device.limit(TinyAutoencoder, "decode", lambda latents: len(latents) > 1)
    assert np.array_equal(device.frames(Ways(decoded_frames=3)), directly)
    assert device.notes == ["decode: out of memory, once more with 1 frame decoded at a time"]


def test_networks_leave(device: Device) -> None:
    directly = device.frames(Ways(decoded_frames=1, residency=Residency.OFFLOADED))
    device.limit(UNet, "forward", lambda _: "towers" in device.engine.networks)
    assert np.array_equal(device.frames(Ways(decoded_frames=1)), directly)
    assert device.notes == [
        "denoise: out of memory, once more with each network on the device only while it works"
    ]
    assert not any(part in device.engine.networks for part in ("towers", "unet", "autoencoder"))


def test_the_smallest_way_may_be_too_large(device: Device) -> None:
    device.limit(UNet, "forward", lambda _: True)
    with pytest.raises(ResourceError, match="ran out in the stage 'denoise'"):
        device.frames(ALL_AT_ONCE)
    assert len(device.notes) == 2


def test_later_stages_go_on_in_the_smaller_way_and_other_errors_are_not_answered() -> None:
    fallback = Fallback(ALL_AT_ONCE, lambda _: None)

    def work(ways: Ways) -> Ways:
        if ways.batched:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes.")
        return ways

    assert fallback.run("denoise", work) == fallback.ways == Ways(batched=False, decoded_frames=3)
    with pytest.raises(RuntimeError, match="shapes"):
        fallback.run("decode", lambda _: (_ for _ in ()).throw(RuntimeError("shapes differ")))


def test_towers_leave_a_large_model_before_the_unet_runs(
    device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    directly = device.frames(Ways(decoded_frames=3))
    monkeypatch.setattr("vcomp.engine.networks.KEPT_BYTES", 0)
    seen: list[bool] = []
    device.limit(UNet, "forward", lambda _: seen.append("towers" in device.engine.networks) or False)
    ways = Ways(decoded_frames=3, residency=device.engine.networks.residency)
    assert ways.residency is Residency.FREED
    assert np.array_equal(device.frames(ways), directly)
    assert set(seen) == {False}
    assert "unet" in device.engine.networks, "for the next video"


def test_memory_may_run_out_while_networks_are_loaded(
    device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    directly = device.frames(Ways(decoded_frames=3))
    device.engine.networks.clear()
    load = System.unet

    def limited(system: System, **kwargs: Any) -> UNet:
        if "towers" in device.engine.networks:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return load(system, **kwargs)

    monkeypatch.setattr(System, "unet", limited)
    assert np.array_equal(device.frames(Ways(decoded_frames=3)), directly)
    assert device.notes == [
        "load: out of memory, once more with each network on the device only while it works"
    ]
