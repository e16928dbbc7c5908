"""Latents and conditions of many drawn videos, computed once and mapped from disk."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from einops import rearrange
from numpy.typing import NDArray

from vcomp.data.drawn import DrawnDataset
from vcomp.models.autoencoder import TinyAutoencoder
from vcomp.models.clip import Towers
from vcomp.training.frames import normalised, shrunk
from vcomp.training.progress import Meter, Progress

Pixels = NDArray[np.uint8]
_ROUNDING = 0.05  # of numbers of about one, in bfloat16 by whatever processor


@dataclass(frozen=True, kw_only=True)
class CacheSpec:
    """What a cache holds; another spec is another cache.

    Args:
        level: Level of drawn video.
        seed: Collection of scenes.
        num_videos: Scenes 0 to ``num_videos - 1``.
        num_frames: Frames of each; a single one is taken from anywhere in its clip.
        condition_px: Side at which conditions are kept, four times the latents'.
    """

    level: str
    seed: int
    num_videos: int
    num_frames: int = 16
    condition_px: int = 64


@dataclass(frozen=True)
class _Drawing:
    """What is kept of one video, but for what networks make of it."""

    frames: Pixels
    kept: dict[str, NDArray[np.generic]]
    style_picture: Pixels


class VideoCache:
    """Arrays by name, one row a video: latents, style, and conditions at the size the STC-encoders pool to.

    Args:
        folder: Holds one ``.npy`` file an array and the spec.
        spec: What it must hold.
    """

    def __init__(self, folder: Path, spec: CacheSpec) -> None:
        self.folder, self.spec = folder, spec
        self._arrays: dict[str, NDArray[np.generic]] = {}

    def __getitem__(self, name: str) -> NDArray[np.generic]:
        if name not in self._arrays:
            self._arrays[name] = np.load(self.folder / f"{name}.npy", mmap_mode="r")
        return self._arrays[name]

    @property
    def complete(self) -> bool:
        """Whether the folder holds all of this spec."""
        path = self.folder / "spec.json"
        return path.is_file() and json.loads(path.read_text()) == asdict(self.spec)

    def build(
        self,
        autoencoder: TinyAutoencoder,
        towers: Towers,
        *,
        dtype: torch.dtype,
        report: Callable[[Progress], None] = lambda progress: None,
    ) -> None:
        """Draw, encode and write everything; does nothing where it is done already, by the same networks.

        Args:
            autoencoder: Makes the latents.
            towers: Make the styles.
            dtype: Of the arithmetic.
            report: Called with the progress about every ten seconds.
        """
        # A copy: the caller's keeps its precision.
        autoencoder = copy.deepcopy(autoencoder).to(dtype).to(memory_format=torch.channels_last)
        if self.complete and self._is_by(autoencoder, towers, dtype):
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        self._arrays.clear()
        spec = self.folder / "spec.json"
        spec.unlink(missing_ok=True)  # of another cache, overwritten from here on
        arrays: dict[str, NDArray[np.generic]] = {}
        meter = Meter(f"cache of {self.folder.name}", self.spec.num_videos)
        for index, drawing in enumerate(self._drawings()):
            row = {**drawing.kept, **_encode(drawing, autoencoder, towers, dtype)}
            if not arrays:
                arrays = {name: self._create(name, value) for name, value in row.items()}
            for name, value in row.items():
                arrays[name][index] = value
            meter.add(None, samples=1)
            if (progress := meter.due(index + 1)) is not None:
                report(progress)
        spec.write_text(json.dumps(asdict(self.spec)))

    def _is_by(self, autoencoder: TinyAutoencoder, towers: Towers, dtype: torch.dtype) -> bool:
        """Whether these networks make of the first video what is stored of it, but for rounding."""
        encoded = _encode(next(self._drawings()), autoencoder, towers, dtype)
        return all(np.allclose(self[name][0], value, atol=_ROUNDING) for name, value in encoded.items())

    def _create(self, name: str, row: NDArray[np.generic]) -> NDArray[np.generic]:
        return np.lib.format.open_memmap(
            self.folder / f"{name}.npy", mode="w+", dtype=row.dtype, shape=(self.spec.num_videos, *row.shape)
        )

    def _drawings(self) -> Iterator[_Drawing]:
        spec = self.spec
        single = spec.num_frames == 1
        length = {} if single else {"num_frames": spec.num_frames}
        dataset = DrawnDataset(level=spec.level, seed=spec.seed, **length)

        def draw(index: int) -> _Drawing:
            video = dataset.still(index) if single else dataset[index]
            conditions = {
                "frames": shrunk(video.frames, spec.condition_px),
                "sketch": shrunk((video.sketch * 255).astype(np.uint8), spec.condition_px),
                "depth": shrunk((video.depth * 255).astype(np.uint8), spec.condition_px),
                "motion": np.stack([shrunk(axis, spec.condition_px) for axis in video.flow]).astype(
                    np.float16
                ),
                "foreground": shrunk((video.foreground * 255).astype(np.uint8), spec.condition_px),
            }
            return _Drawing(video.frames, conditions, dataset.style_picture(index))

        with ThreadPoolExecutor(1) as ahead:
            upcoming = ahead.submit(draw, 0)
            for index in range(spec.num_videos):
                drawing = upcoming.result()
                upcoming = ahead.submit(draw, index + 1)
                yield drawing


@torch.inference_mode()
def _encode(
    drawing: _Drawing, autoencoder: TinyAutoencoder, towers: Towers, dtype: torch.dtype
) -> dict[str, NDArray[np.generic]]:
    pixels = normalised(drawing.frames).to(dtype=dtype).contiguous(memory_format=torch.channels_last)
    latents = rearrange(autoencoder.encode(pixels).float(), "f c h w -> c f h w")
    style = towers.image_embedding(normalised(drawing.style_picture[None]))[0].float()
    return {"latents": latents.half().numpy(), "style": style.half().numpy()}
