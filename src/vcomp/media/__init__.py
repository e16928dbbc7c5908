"""Video, pictures and streams in and out, and previews for people. Knows no model.

The names below load their module when first used, so that importing the package costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vcomp.media.clip import Clip as Clip
    from vcomp.media.clip import Frame as Frame
    from vcomp.media.clip import Frames as Frames
    from vcomp.media.comment import read_comment as read_comment
    from vcomp.media.film import Film as Film
    from vcomp.media.outputs import check_output as check_output
    from vcomp.media.pixels import to_frames as to_frames
    from vcomp.media.pixels import to_tensor as to_tensor
    from vcomp.media.preview import contact_sheet as contact_sheet
    from vcomp.media.preview import depth_to_rgb as depth_to_rgb
    from vcomp.media.preview import flow_to_rgb as flow_to_rgb
    from vcomp.media.preview import grey_to_rgb as grey_to_rgb
    from vcomp.media.preview import strip as strip
    from vcomp.media.read import iter_frames as iter_frames
    from vcomp.media.read import media_kind as media_kind
    from vcomp.media.read import read_clip as read_clip
    from vcomp.media.read import read_picture as read_picture
    from vcomp.media.resize import fit as fit
    from vcomp.media.sound import Sound as Sound
    from vcomp.media.sound import sound_of as sound_of
    from vcomp.media.sources import TimedFrame as TimedFrame
    from vcomp.media.write import write_clip as write_clip
    from vcomp.media.write import write_film as write_film
    from vcomp.media.write import write_picture as write_picture

_NAMES = {
    "clip": ("Clip", "Frame", "Frames"),
    "comment": ("read_comment",),
    "film": ("Film",),
    "outputs": ("check_output",),
    "pixels": ("to_frames", "to_tensor"),
    "preview": ("contact_sheet", "depth_to_rgb", "flow_to_rgb", "grey_to_rgb", "strip"),
    "read": ("iter_frames", "media_kind", "read_clip", "read_picture"),
    "resize": ("fit",),
    "sound": ("Sound", "sound_of"),
    "sources": ("TimedFrame",),
    "write": ("write_clip", "write_film", "write_picture"),
}
_MODULE_OF = {name: module for module, names in _NAMES.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)


def __dir__() -> list[str]:
    return sorted(_MODULE_OF)
