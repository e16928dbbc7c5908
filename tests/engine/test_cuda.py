"""The whole engine on a fake GPU: nothing is on the wrong device, in the wrong precision, or waited for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from fake_cuda import FakeCuda, fake_cuda
from vcomp.conditions.container import Conditions
from vcomp.engine import Engine, Guide, Settings, Strength
from vcomp.engine.reading import Reader
from vcomp.engine.settings import SAMPLER_NAMES
from vcomp.engine.sources import Sources
from vcomp.engine.ways import Residency
from vcomp.media.clip import Clip
from vcomp.media.write import write_clip
from vcomp.models.system import System, load_system

SETTINGS = Settings(num_frames=3, size=(64, 64), num_steps=3, seed=5)
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
PICTURE = np.full((40, 30, 3), 90, np.uint8)
EVERYTHING = Conditions(
    text="a yellow star",
    style=PICTURE,
    image=torch.rand(3, 1, 64, 64),
    single_sketch=torch.rand(1, 1, 64, 64),
    sketch=torch.rand(1, 3, 64, 64),
    depth=torch.rand(1, 3, 64, 64),
    motion=torch.rand(2, 3, 64, 64),
    mask=torch.rand(4, 3, 64, 64),
)


@pytest.fixture
def cuda(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeCuda]:
    with fake_cuda(monkeypatch) as cuda:
        yield cuda


def test_the_fake_gpu_finds_what_a_real_one_would(cuda: FakeCuda) -> None:
    x = torch.ones(2, 3).to("cuda")
    assert (x @ x.T).device.type == "cuda"
    with pytest.raises(RuntimeError, match="devices"):
        x + torch.ones(2, 3)
    with pytest.raises(AssertionError, match="float16"):
        torch.nn.functional.linear(x, x.half())
    with pytest.raises(Exception, match=r"aten\._local_scalar_dense"):
        x[0, 0].item()
    assert x.cpu().tolist() == [[0, 0, 0], [0, 0, 0]]
    assert cuda.copied_back == [torch.Size([2, 3])]
    assert cuda.products == {torch.float32}


@pytest.mark.parametrize("dtype", DTYPES)
def test_everything_in_every_precision(cuda: FakeCuda, system: System, dtype: str) -> None:
    engine = Engine(system, device="cuda", dtype=dtype)
    assert engine.arithmetic == DTYPES[dtype]
    clip = engine.generate(EVERYTHING, SETTINGS).clip
    assert clip.frames.shape == (3, 64, 64, 3)
    assert cuda.products == {torch.float32, DTYPES[dtype]}
    assert cuda.copied_back == [torch.Size([3, 64, 64, 3])], "only the frames come back"


@pytest.mark.parametrize("dtype", DTYPES)
@torch.inference_mode()
def test_all_products_of_the_unet_are_in_its_precision(cuda: FakeCuda, system: System, dtype: str) -> None:
    unet = Engine(system, device="cuda", dtype=dtype).networks.unet()
    conditions = {name: torch.zeros(1, c, 3, 64, 64).to("cuda") for name, c in system.card.unet.conditions}
    encoded = unet.encode_conditions(conditions, latent_size=(8, 8))
    width = system.card.unet.context_dim
    context = unet.encode_context(torch.zeros(1, 7, width).to("cuda"), torch.zeros(1, 1, width).to("cuda"))
    prediction = unet(
        torch.zeros(1, 4, 3, 8, 8).to("cuda"),
        torch.zeros(1).to("cuda"),
        context=unet.prepare_context(context),
        condition=torch.stack(list(encoded.values())).sum(dim=0),
    )
    assert prediction.dtype == torch.float32, "that of the latents"
    assert cuda.products == {DTYPES[dtype]}


@pytest.mark.parametrize("sampler", SAMPLER_NAMES)
def test_no_sampler_waits(cuda: FakeCuda, system: System, sampler: str) -> None:
    engine = Engine(system, device="cuda", dtype="float16")
    engine.generate(Conditions(text="a"), replace(SETTINGS, sampler=sampler))
    assert cuda.copied_back == [torch.Size([3, 64, 64, 3])]


@pytest.mark.parametrize("short_of_memory", [False, True])
def test_every_way_to_generate(
    monkeypatch: pytest.MonkeyPatch, system: System, short_of_memory: bool
) -> None:
    guided = replace(
        SETTINGS,
        guides=(Guide(names=("text", "style")), Guide(names=("motion",), scale=2)),
        strengths=(Strength(name="depth", factor=0.5, end=0.5),),
    )
    monkeypatch.setattr(
        "vcomp.engine.plan.Plan.check", lambda _: None
    )  # there is no memory that could run out
    with fake_cuda(monkeypatch, free_bytes=0 if short_of_memory else 2**34):
        engine = Engine(system, device="cuda", dtype="bfloat16")
        ways = engine.plan(guided, EVERYTHING.names).ways
        assert ways.batched is not short_of_memory
        assert (ways.residency is Residency.OFFLOADED) is short_of_memory
        clips = engine.generate_batch([EVERYTHING, EVERYTHING], guided, seeds=[1, 2])
        assert ("unet" in engine.networks) is not short_of_memory
    assert [clip.frames.shape for clip in clips] == [(3, 64, 64, 3)] * 2


def test_extractors(cuda: FakeCuda, system: System) -> None:
    engine = Engine(system, device="cuda")
    frames = np.random.default_rng(0).integers(0, 255, (5, 64, 64, 3), np.uint8)
    for extracted in (engine.sketch(frames), engine.depth(frames), engine.motion(frames)):
        assert extracted.device.type == "cpu"
        assert extracted.shape[1:] == (5, 64, 64)


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_published_model_from_files_to_a_video(
    cuda: FakeCuda, published_folder: Path, tmp_path: Path, dtype: str
) -> None:
    frames = np.random.default_rng(0).integers(0, 256, (4, 80, 112, 3), dtype=np.uint8)
    write_clip(Clip(frames, 8.0), tmp_path / "in.mp4")
    names = ("image", "style", "sketch", "depth", "motion")
    engine = Engine(load_system(published_folder), device="cuda", dtype=dtype)
    settings = engine.default_settings
    given = Sources(text="a star", **dict.fromkeys(names, tmp_path / "in.mp4"))
    conditions = Reader(engine, settings).read(given)
    cuda.products.clear()
    assert engine.generate(conditions, settings).clip.frames.shape == (4, 64, 64, 3)
    towers = torch.float32 if dtype == "float32" else torch.float16
    assert cuda.products == {torch.float32, towers, DTYPES[dtype]}
