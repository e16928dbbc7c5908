"""Estimates beside what is measured, operation by operation."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from peak import PeakBytes
from vcomp.conditions.container import Conditions
from vcomp.engine import Engine, Settings
from vcomp.engine.memory import Load, activations_bytes, available_bytes
from vcomp.engine.ways import Residency, Ways
from vcomp.models.system import System, load_system

SETTINGS = Settings(num_frames=8, size=(128, 128), num_steps=1)


@pytest.fixture(scope="module")
def tiny() -> Engine:
    """The bundled model, whose weights count too."""
    system = load_system("tiny")
    assert isinstance(system, System)
    return Engine(system, device="cpu", dtype="float32")


def test_a_whole_generation(tiny: Engine) -> None:
    plan = tiny.plan(SETTINGS)
    conditions = Conditions(text="a red circle", depth=torch.rand(1, 8, 128, 128))
    with PeakBytes() as memory:
        tiny.generate(conditions, SETTINGS)
    assert 0.6 * plan.peak_bytes < memory.peak < 1.2 * plan.peak_bytes


def test_what_a_container_keeps_of_files_is_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in (
        ("memory.max", "1000\n"),
        ("memory.current", "900\n"),
        ("memory.stat", "anon 200\ninactive_file 500\nactive_file 100\n"),
    ):
        (tmp_path / name).write_text(text)
    monkeypatch.setattr("vcomp.engine.memory.CONTROL_GROUP", tmp_path)
    assert available_bytes(torch.device("cpu")) == 700


@torch.inference_mode()
def test_the_stages_of_the_tiny_model(tiny: Engine) -> None:
    card, load, ways = tiny.system.card, Load(settings=SETTINGS), Ways(decoded_frames=8)
    unet, autoencoder = tiny.networks.unet(), tiny.networks.autoencoder()
    context = unet.prepare_context(torch.zeros(1, 20, card.unet.context_dim))
    latents = torch.zeros(1, card.unet.latent_channels, 8, 16, 16)
    with PeakBytes() as denoising:
        unet(latents, torch.tensor([500]), context=context, condition=None)
    with PeakBytes() as decoding:
        autoencoder.decode(latents[0].transpose(0, 1))
    for part, measured in (("unet", denoising.peak), ("autoencoder", decoding.peak)):
        estimate = activations_bytes(part, load, ways, card=card, dtype=torch.float32)
        assert 0.6 * estimate < measured < 1.2 * estimate, part


def test_what_makes_memory_grow(tiny: Engine) -> None:
    card = tiny.system.card

    def bytes_of(part: str, settings: Settings, ways: Ways, sets: int = 2) -> int:
        load = Load(settings=settings, num_sets=sets)
        return activations_bytes(part, load, ways, card=card, dtype=torch.float32)

    longer = Settings(num_frames=16, size=(128, 128))
    one_by_one, at_once = Ways(decoded_frames=4), Ways(batched=True, decoded_frames=4)
    assert bytes_of("unet", longer, one_by_one) == 2 * bytes_of("unet", SETTINGS, one_by_one)
    assert bytes_of("unet", SETTINGS, at_once, 3) == 3 * bytes_of("unet", SETTINGS, one_by_one)
    assert bytes_of("autoencoder", longer, one_by_one) == bytes_of("autoencoder", SETTINGS, one_by_one)


def test_each_residency_needs_less_than_the_one_before(system: System) -> None:
    plan = Engine(system, device="cpu").plan(SETTINGS, extracting=("depth",))
    assert plan.stages.keys() == {"extract", "encode", "denoise", "decode"}
    peaks = [
        replace(plan, ways=Ways(decoded_frames=8, residency=residency)).stages["encode"]
        for residency in Residency
    ]
    assert peaks == sorted(peaks, reverse=True)
    assert peaks[0] > peaks[2]


def test_offloading_is_chosen_by_hand_too(system: System) -> None:
    assert Engine(system, device="cpu").plan(SETTINGS).ways.residency is Residency.KEPT
    assert Engine(system, device="cpu", offload=True).plan(SETTINGS).ways.residency is Residency.OFFLOADED
