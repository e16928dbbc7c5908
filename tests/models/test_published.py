"""The published model from files in the published formats, at small sizes, up to a video."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from small_published import Rehearsal
from vcomp.conditions.container import Conditions
from vcomp.engine.engine import Engine
from vcomp.engine.own_extractors import own_depth, own_sketch
from vcomp.engine.reading import Reader
from vcomp.engine.sources import Sources
from vcomp.errors import WeightsError
from vcomp.extractors.named import file_sha256
from vcomp.extractors.sketch import extract_sketch
from vcomp.media.clip import Clip
from vcomp.media.read import read_clip
from vcomp.media.write import write_clip
from vcomp.models.pidinet import TABLE5
from vcomp.models.published import (
    PUBLISHED_CARD_NAME,
    VIDEOCOMPOSER,
    PublishedSystem,
    published_card_json,
)
from vcomp.models.system import System, load_system
from vcomp.models.unet import UNet
from vcomp.weights.importing import import_files
from vcomp.weights.store import open_store

REAL_PIDINET = Path(__file__).parents[3] / "shared" / "weights" / "pidinet" / "table5_pidinet.pth"
FILES = {
    "non_ema_228000.pth",
    "open_clip_pytorch_model.bin",
    "diffusion_pytorch_model.safetensors",
    "table5_pidinet.pth",
    "sketch_simplification_gan.pth",
    "dpt_large-midas-2f21e586.pt",
}


@pytest.fixture
def folder(published_folder: Path) -> Path:
    """A folder of one's own with the files and their sizes."""
    return published_folder


@pytest.fixture(scope="module")
def engine(rehearsal: Rehearsal, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    folder = tmp_path_factory.mktemp("models") / "small"
    shutil.copytree(rehearsal.files, folder)
    (folder / PUBLISHED_CARD_NAME).write_text(published_card_json(rehearsal.script.SMALL))
    return Engine(load_system(folder), device="cpu")


def test_the_settings_are_those_published() -> None:
    assert VIDEOCOMPOSER.prediction_type == "epsilon"
    assert not VIDEOCOMPOSER.zero_terminal_snr
    assert VIDEOCOMPOSER.guidance_scale == 9
    assert (VIDEOCOMPOSER.size_px, VIDEOCOMPOSER.num_frames, VIDEOCOMPOSER.fps) == (256, 16, 8)
    assert VIDEOCOMPOSER.preparation.frame_size((256, 256)) == (384, 384)
    assert VIDEOCOMPOSER.preparation.frame_size((448, 256)) == (672, 384)


def test_every_published_file_is_written(rehearsal: Rehearsal) -> None:
    assert {path.name for path in rehearsal.files.iterdir()} == FILES


def test_from_files_to_a_video_through_the_store(
    rehearsal: Rehearsal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    rehearsal.script.prepare_home(home, rehearsal.files, rehearsal.script.SMALL)
    monkeypatch.setenv("VCOMP_HOME", str(home))
    absent = r"no non_ema_228000\.pth, no open_clip_pytorch_model\.bin, no diffusion"
    with pytest.raises(WeightsError, match=absent):
        load_system("videocomposer")
    assert len(list(import_files(open_store(), [rehearsal.files]))) == len(FILES)
    system = load_system("videocomposer")
    assert isinstance(system, PublishedSystem)
    assert system.card == rehearsal.script.SMALL
    engine = Engine(system, device="cpu", dtype="bfloat16")
    frames = np.random.default_rng(0).integers(0, 256, (4, 80, 112, 3), dtype=np.uint8)
    write_clip(Clip(frames, 8.0), tmp_path / "in.mp4")
    settings = engine.default_settings
    sources = Sources(
        text="a yellow star",
        image=tmp_path / "in.mp4",
        style=tmp_path / "in.mp4",
        sketch=tmp_path / "in.mp4",
        depth=tmp_path / "in.mp4",
        motion=tmp_path / "in.mp4",
    )
    conditions = Reader(engine, settings).read(sources)
    result = engine.generate(conditions, settings)
    write_clip(result.clip, tmp_path / "out.mp4")
    assert read_clip(tmp_path / "out.mp4").frames.shape == (4, 64, 64, 3)
    derived = sorted(path.name.rsplit("-", 1)[0] for path in home.rglob("derived/*.safetensors"))
    names = ["autoencoder-f32", "depth-f32", "pidinet-f32", "simplification-f32", "towers-f32", "unet-bf16"]
    assert derived == names


def test_a_second_start_maps_what_the_first_converted(folder: Path) -> None:
    first = load_system(folder).unet()
    [converted] = (folder / "derived").iterdir()
    written = converted.stat()
    second = load_system(folder).unet()
    assert converted.stat().st_mtime_ns == written.st_mtime_ns
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))


def test_networks_are_ready_to_use(folder: Path) -> None:
    system = load_system(folder)
    for network in (system.unet(dtype=torch.bfloat16), system.autoencoder(), system.towers(), system.depth()):
        assert not network.training
        assert not any(tensor.is_meta for tensor in network.state_dict().values())
        assert not any(buffer.is_meta for buffer in network.buffers())
        assert not any(parameter.requires_grad for parameter in network.parameters())
    assert {parameter.dtype for parameter in system.unet(dtype=torch.bfloat16).parameters()} == {
        torch.bfloat16
    }


def test_memory_is_told_before_anything_is_loaded(folder: Path) -> None:
    system = load_system(folder)
    for part in ("unet", "autoencoder", "towers", "depth"):
        needed = sum(parameter.nbytes for parameter in getattr(system, part)().parameters())
        assert system.part_bytes(part, torch.float32) == needed
        assert system.part_bytes(part, torch.bfloat16) == needed // 2
    assert system.part_bytes("pidinet", torch.float32) > 0


def test_the_sketch_is_simplified_as_published(engine: Engine) -> None:
    frames = np.random.default_rng(1).integers(0, 256, (2, 96, 96, 3), dtype=np.uint8)
    clean = engine.system.pidinet()
    rgb = torch.from_numpy(frames).permute(0, 3, 1, 2) / 255
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    with torch.inference_mode():
        edges = clean.pidinet((rgb - mean[:, None, None]) / std[:, None, None])[-1]
        expected = 1 - clean.simplification(1 - edges)
    sketch = engine.sketch(frames)
    torch.testing.assert_close(sketch[0], expected[:, 0], atol=1e-4, rtol=0)


def test_condition_frames_and_motion_reach_the_unet_as_published(engine: Engine, tmp_path: Path) -> None:
    frames = np.random.default_rng(2).integers(0, 256, (4, 128, 160, 3), dtype=np.uint8)
    write_clip(Clip(frames, 8.0), tmp_path / "in.mp4")
    sources = Sources(depth=tmp_path / "in.mp4", motion=tmp_path / "in.mp4", image=tmp_path / "in.mp4")
    notes: list[str] = []
    conditions = Reader(engine, engine.default_settings, notes.append).read(sources)
    assert conditions.depth is not None
    assert conditions.image is not None
    assert conditions.motion is not None
    assert conditions.depth.shape == (1, 4, 96, 96)
    assert conditions.image.shape == (3, 1, 96, 96)
    assert 0 <= conditions.image.min() <= conditions.image.max() <= 1
    assert conditions.motion.shape == (2, 4, 128, 160), "in the source's own pixels"
    assert any("MPEG-4" in note for note in notes)


def test_a_style_token_is_there_only_when_a_style_is(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    lengths: list[int] = []
    prepare = UNet.prepare_context

    def spy(unet: object, context: torch.Tensor) -> object:
        lengths.append(context.shape[1])
        return prepare(unet, context)  # type: ignore[arg-type]

    monkeypatch.setattr(UNet, "prepare_context", spy)
    settings = engine.default_settings
    engine.generate(Conditions(text="a star"), settings)
    assert set(lengths) == {77}
    lengths.clear()
    picture = np.zeros((40, 30, 3), dtype=np.uint8)
    engine.generate(Conditions(text="a star", style=picture), settings)
    assert set(lengths) == {78}


def test_stable_diffusions_whole_checkpoint_does_instead_of_the_autoencoder(folder: Path) -> None:
    expected = load_system(folder).autoencoder().state_dict()
    small = folder / "diffusion_pytorch_model.safetensors"
    ldm = {f"first_stage_model.{name.removeprefix('kl.')}": tensor for name, tensor in expected.items()}
    torch.save(
        {"state_dict": {**ldm, "cond_stage_model.x": torch.ones(1)}}, folder / "v2-1_512-ema-pruned.ckpt"
    )
    small.unlink()
    again = load_system(folder).autoencoder().state_dict()
    assert all(torch.equal(again[name], tensor) for name, tensor in expected.items())


def test_a_folder_without_the_files_says_what_is_missing(folder: Path) -> None:
    (folder / "open_clip_pytorch_model.bin").unlink()
    with pytest.raises(WeightsError, match=r"not complete in .*own.*: no open_clip_pytorch_model\.bin\."):
        load_system(folder)


def test_extractors_are_missed_only_when_they_are_asked_for(folder: Path) -> None:
    (folder / "sketch_simplification_gan.pth").unlink()
    (folder / "dpt_large-midas-2f21e586.pt").unlink()
    system = load_system(folder)
    with pytest.raises(WeightsError, match=r"sketch_simplification_gan\.pth is not in"):
        system.pidinet()
    with pytest.raises(
        WeightsError, match=r"dpt_large-midas-2f21e586\.pt or midas_v3_dpt_large\.pth is not in"
    ):
        system.depth()


def test_exchanged_files_are_told_apart(folder: Path) -> None:
    shutil.copy(folder / "sketch_simplification_gan.pth", folder / "non_ema_228000.pth")
    with pytest.raises(
        WeightsError, match=r"non_ema_228000\.pth does not hold the UNet of VideoComposer.*layers\.0\.weight"
    ):
        load_system(folder).unet()


def test_other_sizes_than_the_files_are_told(folder: Path) -> None:
    (folder / PUBLISHED_CARD_NAME).unlink()
    system = load_system(folder)
    assert isinstance(system, PublishedSystem)
    assert system.card == VIDEOCOMPOSER
    with pytest.raises(WeightsError, match=r"table5_pidinet\.pth does not hold PiDiNet with 60 channels"):
        system.pidinet()


@pytest.mark.parametrize("card", ['{"colour": "red"}', '{"unet": {"dim": 33}}', "not JSON"])
def test_damaged_cards_are_named(folder: Path, card: str) -> None:
    (folder / PUBLISHED_CARD_NAME).write_text(card)
    with pytest.raises(WeightsError, match=r"published\.json is not a model card"):
        load_system(folder)


def test_any_other_folder_is_one_of_our_own(tmp_path: Path) -> None:
    assert isinstance(load_system(tmp_path), System)


def test_the_real_pidinet_takes_its_place(rehearsal: Rehearsal, folder: Path) -> None:
    if not REAL_PIDINET.exists():
        pytest.skip("the published table5_pidinet.pth is not here")
    shutil.copy(REAL_PIDINET, folder / "table5_pidinet.pth")
    card = replace(rehearsal.script.SMALL, pidinet=TABLE5)
    (folder / PUBLISHED_CARD_NAME).write_text(published_card_json(card))
    frame = np.full((1, 96, 96, 3), 40, dtype=np.uint8)
    frame[:, 32:64, 32:64, 0] = 220
    detector = load_system(folder).pidinet()
    edges = extract_sketch(frame, model=detector.pidinet, device=torch.device("cpu"))[0, 0]
    assert edges[32, 40:56].mean() > 0.6
    assert edges[48, 48] < 0.2
    simplified = Engine(load_system(folder), device="cpu").sketch(frame)
    assert simplified.shape == (1, 1, 96, 96)


def test_extractors_are_named_with_the_hash_of_their_file(engine: Engine) -> None:
    assert isinstance(engine.system, PublishedSystem)
    files = {"pidinet": "table5_pidinet.pth", "depth": "dpt_large-midas-2f21e586.pt"}
    for part, extractor in (("pidinet", own_sketch(engine)), ("depth", own_depth(engine))):
        assert extractor.weights_sha256 == file_sha256(engine.system.folder / files[part])
