"""From the files a user names to conditions: read, recognised or extracted, at the video's rate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from vcomp.conditions.container import Conditions
from vcomp.conditions.spec import CONDITIONS
from vcomp.conditions.stored import load_bundle
from vcomp.engine.moving import DESCRIBED_SUFFIXES, added_up, given_motion, moved_camera
from vcomp.engine.own_extractors import depth_caveat, described
from vcomp.engine.progress import no_note
from vcomp.engine.settings import Settings
from vcomp.engine.sources import Sources
from vcomp.errors import ConditionError, MediaError
from vcomp.extractors.detect import looks_like_depth, looks_like_sketch
from vcomp.extractors.drawing import depth_from_grey, sketch_from_drawing
from vcomp.extractors.masking import mask_condition, white_areas
from vcomp.media.clip import Clip, Frames
from vcomp.media.pixels import MID_GREY, to_tensor
from vcomp.media.read import media_kind, read_clip, read_picture
from vcomp.media.resize import fit
from vcomp.models.config import Preparation
from vcomp.wording import words_of

if TYPE_CHECKING:
    from vcomp.engine.editing.region import Region
    from vcomp.engine.engine import Engine


@dataclass(frozen=True)
class Reader:
    """Reads sources for one generation; what it decided is said to `on_note`, a sentence each.

    Args:
        engine: Its extractors are used.
        settings: Rate, length and size count.
        on_note: Gets sentences for the user.
        region: The part of every picture that counts, where the video is a part of another. None is all.
    """

    engine: Engine
    settings: Settings
    on_note: Callable[[str], None] = no_note
    region: Region | None = None

    def read(self, sources: Sources) -> Conditions:
        """All conditions that `sources` names.

        Raises:
            MediaError: A file is missing or unreadable.
            ConditionError: A file cannot serve as the condition it was named for.
        """
        given = self._stored(sources)
        if sources.text is not None:
            given["text"] = sources.text
            self._note_new_words(sources.text)
        if sources.image is not None:
            given["image"] = (to_tensor(self._first_frame(sources.image)) + 1) / 2
        if sources.style is not None:
            given["style"] = read_picture(sources.style)
        if sources.sketch is not None:
            given.pop("single_sketch", None)
            given.pop("sketch", None)
            name = "single_sketch" if media_kind(sources.sketch) == "picture" else "sketch"
            given[name] = self.sketch_of(self._frames(sources.sketch), sources.sketch)
        if sources.depth is not None:
            given["depth"] = self.depth_of(self._frames(sources.depth), sources.depth)
        given["motion"] = self.motion(sources, stored=given.get("motion"))
        if sources.video is not None and sources.mask is not None:
            given["mask"] = self._mask(sources.video, sources.mask)
        return Conditions(**given)

    def _note_new_words(self, text: str) -> None:
        """Say which words the model was not trained on and can make nothing of."""
        card = self.engine.system.card
        new = [word for word in dict.fromkeys(words_of(text)) if card.words and word not in card.words]
        if new:
            self.on_note(f"text: {card.name} was trained without these words: {', '.join(new)}")

    def _stored(self, sources: Sources) -> dict[str, Any]:
        """The conditions of a bundle, as they were written."""
        if sources.bundle is None:
            return {}
        bundle = load_bundle(sources.bundle, use=sources.use, num_frames=self.settings.num_frames)
        conditions = bundle.conditions
        names = ", ".join(name for name in CONDITIONS if name in conditions.names)
        self.on_note(f"{sources.bundle}: {names}, as stored")
        if bundle.manifest is not None and bundle.manifest.fps not in (None, self.settings.fps):
            self.on_note(
                f"{sources.bundle}: was sampled at {bundle.manifest.fps:g} fps,"
                f" the video has {self.settings.fps:g}: things move at another speed"
            )
        return {"text": conditions.text, "style": conditions.style, **conditions.tensors()}

    @property
    def _preparation(self) -> Preparation:
        return self.engine.system.card.preparation

    @property
    def _frame_size(self) -> tuple[int, int]:
        """At which the model sees the frames of conditions."""
        return self._preparation.frame_size(self.settings.size)

    def _first_frame(self, path: str | Path) -> Frames:
        return fit(self._counting(read_picture(path)[None]), self._frame_size)

    def _clip(self, path: str | Path) -> Clip:
        """As many frames as the video will have, or fewer, at its rate."""
        clip = read_clip(path, num_frames=self.settings.num_frames, fps=self.settings.fps)
        if 1 < clip.num_frames < self.settings.num_frames:
            self.on_note(
                f"{path}: has {clip.num_frames} of {self.settings.num_frames} frames"
                f" at {self.settings.fps:g} fps, the last one is held"
            )
        return clip

    def _frames(self, path: str | Path) -> Frames:
        picture = media_kind(path) == "picture"
        return self._counting(read_picture(path)[None] if picture else self._clip(path).frames)

    def _counting(self, frames: Frames) -> Frames:
        """The part of them that counts."""
        return frames if self.region is None else self.region.crop(frames)

    def sketch_of(self, frames: Frames, name: str | Path) -> Float[Tensor, "1 f h w"]:
        """The frames themselves where they are drawings, or else their edges; `name` is for the note.

        Raises:
            MediaError: They are too small.
        """
        if looks_like_sketch(frames):
            polarity = "dark on light" if np.median(frames[0]) > MID_GREY else "light on dark"
            self.on_note(f"{name}: drawing, {polarity}, used as it is")
            return sketch_from_drawing(frames)
        self.on_note(f"{name}: edges by {described(self.engine, 'PiDiNet')}")
        return self.engine.sketch(fit(frames, self._frame_size))

    def depth_of(self, frames: Frames, name: str | Path) -> Float[Tensor, "1 f h w"]:
        """The frames themselves where they are grey depth maps, or else their depth, as `sketch_of`."""
        if looks_like_depth(frames):
            self.on_note(f"{name}: grey depth map, used as it is, light is near")
            depth = depth_from_grey(frames)
        else:
            caveat = depth_caveat(self.engine)
            known = f", which {caveat}" if caveat else ""
            self.on_note(f"{name}: depth by {described(self.engine, 'depth estimator')}{known}")
            depth = self.engine.depth(fit(frames, self._frame_size))
        if len(frames) == 1:
            return depth.expand(-1, self.settings.num_frames, -1, -1)
        return depth

    def motion(
        self, sources: Sources, *, stored: Float[Tensor, "2 f h w"] | None = None
    ) -> Float[Tensor, "2 f h w"] | None:
        """All the motion that `sources` names, and `stored` from a bundle, added up; None if there is none.

        Raises:
            MediaError: A file is missing or unreadable.
            ConditionError: A file cannot serve as motion.
            UsageError: The camera's moves are not understood.
        """
        parts = [] if stored is None else [stored]
        parts += [self._motion(path) for path in sources.motions]
        if sources.camera is not None:
            parts.append(moved_camera(sources.camera, self.settings, self.on_note))
        return added_up(parts, self.settings, self._preparation)

    def _motion(self, path: str | Path) -> Float[Tensor, "2 f h w"]:
        whole = self.settings if self.region is None else replace(self.settings, size=self.region.whole_size)
        given = given_motion(path, whole, self.on_note)
        if given is not None:
            return given if self.region is None else self.region.crop_motion(given)
        try:
            kind = media_kind(path)
        except MediaError as error:
            also = f"Motion comes from a video, or from a file ending in {', '.join(DESCRIBED_SUFFIXES)}."
            raise MediaError(error.message, hint=" ".join(filter(None, (error.hint, also)))) from error
        if kind == "picture":
            raise ConditionError(
                f"{path} is a picture, and a picture does not move.",
                hint="Give --motion a video; a picture can be the first frame with --image.",
            )
        return self.motion_of(self._counting(self._clip(path).frames), path)

    def motion_of(self, frames: Frames, name: str | Path) -> Float[Tensor, "2 f h w"]:
        """The motion of frames, as the model knows it; `name` is for the note."""
        if self._preparation.motion == "published":
            self.on_note(f"{name}: motion vectors by MPEG-4, in its own pixels")
            return self.engine.motion(frames)
        self.on_note(f"{name}: motion by DIS optical flow")
        return self.engine.motion(fit(frames, self.settings.size))

    def _mask(self, video: str | Path, mask: str | Path) -> Float[Tensor, "4 f h w"]:
        frames = self._frames(video)
        height, width = frames.shape[1:3]
        white = white_areas(self._frames(mask), source_size=(width, height), size=self._frame_size)
        if not white.any():
            raise ConditionError(
                f"The mask {mask} has no white in it, so nothing would be regenerated.",
                hint="Paint white what is to be new, and black what is to stay.",
            )
        num_frames = max(len(frames), len(white))
        shown = torch.from_numpy(np.ascontiguousarray(fit(frames, self._frame_size)))
        return mask_condition(_held(shown, num_frames).numpy(), _held(white, num_frames))


def _held(x: Tensor, num_frames: int) -> Tensor:
    """Repeat the last of `[f ...]` up to `num_frames`."""
    return torch.cat([x, x[-1:].expand(num_frames - len(x), *x.shape[1:])])
