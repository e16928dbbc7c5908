"""Metrics of files: in one pass, in pieces, and each against another computation of the same thing."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import stats
from skimage.metrics import structural_similarity
from torch.nn import functional as F
from torchmetrics.image import PeakSignalNoiseRatio
from writing import Write

from vcomp.data.drawn import DrawnDataset
from vcomp.errors import MediaError, UsageError, WeightsError
from vcomp.evaluation.edges import colour_edges
from vcomp.evaluation.measuring import Measured, Measurer, SetResult
from vcomp.evaluation.metrics import edge_f1, endpoint_error
from vcomp.evaluation.subjects import Subject, SubjectSet
from vcomp.evaluation.toolbox import Toolbox
from vcomp.extractors.flow import dense_flow
from vcomp.media.clip import Clip, Frames
from vcomp.media.pixels import to_tensor
from vcomp.media.preview import grey_to_rgb
from vcomp.media.write import write_clip, write_picture
from vcomp.models.system import load_system


def measured(tools: Toolbox, metrics: str, subject: Subject) -> Measured:
    result = measured_set(tools, metrics, subject)
    assert not result.failures
    return result.videos[0]


def measured_set(tools: Toolbox, metrics: str, *subjects: Subject) -> SetResult:
    [result] = Measurer(metrics=tuple(metrics.split(",")), tools=tools).measure(
        [SubjectSet(name="set", subjects=subjects)]
    )
    return result


def noisy(frames: Frames, *, levels: float) -> Frames:
    noise = np.random.default_rng(1).normal(0, levels, frames.shape)
    return np.clip(frames + noise, 0, 255).astype(np.uint8)


def test_consistency_and_similarities_are_cosines_of_the_tower(
    tools: Toolbox, write: Write, moving: Frames, tmp_path: Path
) -> None:
    write_picture(moving[3], tmp_path / "style.png")
    subject = Subject(path=write("a", moving), text="a red star", style=str(tmp_path / "style.png"))
    video = measured(tools, "frame-consistency,text-alignment,style-similarity", subject)

    towers = load_system("tiny").towers()
    with torch.inference_mode():
        images = towers.image_embedding(to_tensor(moving).transpose(0, 1))
        text = towers.text_embedding(["a red star"])
    unit = F.normalize(images, dim=-1)
    assert video.num_frames == 20
    assert video.figures == pytest.approx(
        {
            "frame-consistency": float((unit[1:] * unit[:-1]).sum(-1).mean()),
            "text-alignment": float((unit @ F.normalize(text)[0]).mean()),
            "style-similarity": float((unit @ unit[3]).mean()),
        },
        abs=1e-5,
    )

    curve = video.curves["frame-consistency"]
    assert curve == pytest.approx((unit[1:] * unit[:-1]).sum(-1).tolist(), abs=1e-5)
    assert video.curves.keys() == video.figures.keys()


def test_a_video_has_no_figure_of_what_it_lacks(tools: Toolbox, write: Write, moving: Frames) -> None:
    path = write("a", moving[:3])
    with_text, without = Subject(path=path, text="a red star"), Subject(path=path)
    result = measured_set(tools, "frame-consistency,text-alignment,sketch-f1", with_text, without)
    assert [list(video.figures) for video in result.videos] == [
        ["frame-consistency", "text-alignment"],
        ["frame-consistency"],
    ]
    assert [(figure.name, figure.estimate.n) for figure in result.figures] == [
        ("frame-consistency", 2),
        ("text-alignment", 1),
    ]


def test_pixels_are_compared_as_torchmetrics_and_scikit_image_do(
    tools: Toolbox, write: Write, moving: Frames
) -> None:
    worse = noisy(moving, levels=12)
    subject = Subject(path=write("a", worse), references=dict.fromkeys(("psnr", "ssim"), write("b", moving)))
    figures = measured(tools, "psnr,ssim", subject).figures

    psnr = PeakSignalNoiseRatio(data_range=255.0)(
        torch.from_numpy(worse).float(), torch.from_numpy(moving).float()
    )
    settings = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 255}
    maps = [
        structural_similarity(a, b, channel_axis=-1, full=True, **settings)[1]
        for a, b in zip(worse, moving, strict=True)
    ]
    assert figures["psnr"] == pytest.approx(float(psnr), abs=1e-4)
    # Of the whole picture: scikit-image's own mean leaves out a rim. They mirror the border in two ways.
    assert figures["ssim"] == pytest.approx(np.mean(maps), abs=0.001)


def test_a_video_is_its_own_best_reference(tools: Toolbox, write: Write, moving: Frames) -> None:
    path = write("a", moving)
    names = ("psnr", "ssim", "sketch-f1", "motion-error", "depth-error")
    figures = measured(
        tools, ",".join(names), Subject(path=path, references=dict.fromkeys(names, path))
    ).figures
    assert figures == pytest.approx(
        {
            "psnr": math.inf,
            "ssim": 1,
            "sketch-f1": 1,
            "motion-error": 0,
            "motion-error-moving": 0,
            "depth-error": 0,
        },
        abs=1e-4,
    )


def test_motion_in_pieces_is_that_of_the_whole(tools: Toolbox, write: Write, moving: Frames) -> None:
    slower = np.stack([np.roll(moving[0], i, axis=1) for i in range(20)])
    subject = Subject(path=write("a", slower), references={"motion-error": write("b", moving)})
    figures = measured(tools, "motion-error", subject).figures
    flow, wanted = dense_flow(slower)[:, 1:], dense_flow(moving)[:, 1:]
    area = wanted.norm(dim=0) > 0.5
    assert figures["motion-error"] == pytest.approx(endpoint_error(flow, wanted), rel=1e-5)
    assert figures["motion-error-moving"] == pytest.approx(endpoint_error(flow, wanted, area), rel=1e-5)
    assert figures["motion-error-moving"] == pytest.approx(1, abs=0.3)  # by one pixel a frame


def test_motion_against_arrays_of_another_size(
    tools: Toolbox, write: Write, moving: Frames, tmp_path: Path
) -> None:
    """Two pixels a frame to the right, written as one pixel of half the size."""
    np.savez(
        tmp_path / "right.npz", motion=np.tile(np.array([1.0, 0.0])[:, None, None, None], (1, 20, 36, 48))
    )
    np.savez(tmp_path / "still.npz", motion=np.zeros((2, 20, 36, 48)))
    video = write("a", moving)
    right, still = (
        measured(
            tools, "motion-error", Subject(path=video, references={"motion-error": f"{tmp_path}/{name}.npz"})
        )
        for name in ("right", "still")
    )
    assert right.figures["motion-error"] < 0.3
    assert still.figures["motion-error"] == pytest.approx(2, abs=0.3)
    assert math.isnan(still.figures["motion-error-moving"])


def test_motion_against_strokes(tools: Toolbox, write: Write, moving: Frames, tmp_path: Path) -> None:
    """A stroke as wide as the picture goes 38 pixels in 19 steps."""
    strokes = {
        "size": [96, 72],
        "strokes": [{"points": [[20, 36], [58, 36]], "radius": 200}],
    }
    (tmp_path / "right.json").write_text(json.dumps(strokes))
    subject = Subject(path=write("a", moving), references={"motion-error": str(tmp_path / "right.json")})
    assert measured(tools, "motion-error", subject).figures["motion-error"] < 0.3


def test_edges_against_film_and_against_a_drawing_of_the_first_frame(
    tools: Toolbox, write: Write, tmp_path: Path
) -> None:
    video = DrawnDataset(level="plain", seed=1, num_frames=10)[3]
    path = write("a", video.frames)
    against_other = Subject(path=path, references={"sketch-f1": write("b", video.frames[::-1])})
    expected = edge_f1(colour_edges(video.frames), colour_edges(video.frames[::-1]))
    assert measured(tools, "sketch-f1", against_other).figures["sketch-f1"] == pytest.approx(expected)

    write_picture(255 - grey_to_rgb(video.sketch[:1])[0], tmp_path / "drawing.png")
    drawn = Subject(path=path, references={"sketch-f1": str(tmp_path / "drawing.png")})
    expected = edge_f1(colour_edges(video.frames[:1]), video.sketch[:1] > 0.5)
    assert measured(tools, "sketch-f1", drawn).figures["sketch-f1"] == pytest.approx(expected)


def test_depth_error_is_what_a_correlation_leaves(tools: Toolbox, write: Write, moving: Frames) -> None:
    video = DrawnDataset(level="styled", seed=1, num_frames=12)[5]
    other = DrawnDataset(level="styled", seed=1, num_frames=12)[6]
    subject = Subject(path=write("a", video.frames), references={"depth-error": write("b", other.frames)})
    error = measured(tools, "depth-error", subject).figures["depth-error"]
    depth, wanted = (tools.depth.run(v.frames).flatten().numpy() for v in (video, other))
    correlation = stats.pearsonr(depth, wanted).statistic
    assert error == pytest.approx(math.sqrt(1 - correlation**2) if correlation > 0 else 1, abs=1e-4)


def test_depth_maps_are_taken_as_they_are_in_any_scale(tools: Toolbox, write: Write) -> None:
    video = DrawnDataset(level="plain", seed=1, num_frames=10)[3]
    path = write("a", video.frames)
    errors = [
        measured(
            tools, "depth-error", Subject(path=path, references={"depth-error": write(f"d{scale}", maps)})
        ).figures["depth-error"]
        for scale, maps in ((s, grey_to_rgb(0.1 + s * video.depth)) for s in (0.4, 0.8))
    ]
    assert errors[0] == pytest.approx(errors[1], abs=0.02)
    assert errors[0] < 0.7
    flat = Subject(path=path, references={"depth-error": write("flat", np.full_like(video.frames, 90))})
    assert math.isnan(measured(tools, "depth-error", flat).figures["depth-error"])


def test_a_shorter_reference_counts_as_far_as_it_goes(tools: Toolbox, write: Write, moving: Frames) -> None:
    worse = noisy(moving, levels=12)
    short = Subject(path=write("a", worse), references={"psnr": write("b", moving[:11])})
    alike = Subject(path=write("c", worse[:11]), references={"psnr": write("d", moving[:11])})
    values = [measured(tools, "psnr", subject).figures["psnr"] for subject in (short, alike)]
    assert values[0] == pytest.approx(values[1])


def test_frames_are_paired_by_their_time(
    tools: Toolbox, write: Write, moving: Frames, tmp_path: Path
) -> None:
    """Every other frame at half the rate is the same film."""
    write_clip(Clip(moving[::2], 4.0), f"{tmp_path}/half/")
    half = Subject(path=f"{tmp_path}/half", references={"psnr": write("whole", moving)})
    assert measured(tools, "psnr", half).figures["psnr"] == math.inf


def test_a_set_has_mean_spread_and_interval(tools: Toolbox, write: Write, moving: Frames) -> None:
    reference = {"psnr": write("true", moving)}
    subjects = [
        Subject(path=write(f"v{level}", noisy(moving, levels=level)), references=reference)
        for level in (4, 8, 16)
    ]
    result = measured_set(tools, "psnr", *subjects)
    values = [video.figures["psnr"] for video in result.videos]
    [figure] = result.figures
    assert figure.estimate.value == pytest.approx(np.mean(values))
    assert figure.std == pytest.approx(np.std(values, ddof=1))
    assert min(values) <= figure.estimate.low < figure.estimate.value < figure.estimate.high <= max(values)
    assert figure.tower is None


def test_what_cannot_be_read_is_left_out_and_told(
    tools: Toolbox, write: Write, moving: Frames, tmp_path: Path
) -> None:
    (tmp_path / "broken.mp4").write_bytes(b"no film")
    broken, good = Subject(path=str(tmp_path / "broken.mp4")), Subject(path=write("a", moving[:3]))
    result = measured_set(tools, "frame-consistency", broken, good, Subject(path=write("still", moving[:1])))
    assert [video.path for video in result.videos] == [good.path]
    assert "no video or picture" in result.failures[broken.path].message
    assert "has one frame" in result.failures[f"{tmp_path}/still"].message


def test_every_figure_names_its_tower(tools: Toolbox, write: Write, moving: Frames) -> None:
    names = ("frame-consistency", "motion-error", "sketch-f1", "depth-error", "psnr")
    path = write("a", moving[:3])
    result = measured_set(tools, ",".join(names), Subject(path=path, references=dict.fromkeys(names, path)))
    towers = {figure.name: figure.tower for figure in result.figures}
    assert towers["frame-consistency"].startswith("CLIP tiny (")
    assert towers["motion-error"] == towers["motion-error-moving"] == "DIS optical flow"
    assert towers["depth-error"].startswith("the bundled depth estimator (")
    assert towers["psnr"] is None


def test_weights_that_are_missing_are_told(tools: Toolbox, write: Write, moving: Frames) -> None:
    path = write("a", moving[:3])
    with pytest.raises(WeightsError, match="vcomp weights pull lpips-alexnet"):
        measured(tools, "lpips", Subject(path=path, references={"lpips": path}))


def test_frames_too_small_for_a_window(tools: Toolbox, write: Write) -> None:
    path = write("a", np.zeros((3, 8, 40, 3), np.uint8))
    result = measured_set(tools, "ssim", Subject(path=path, references={"ssim": path}))
    assert "40x8 pixels are too small for ssim" in result.failures[path].message


def test_what_is_needed_is_asked_for(write: Write, moving: Frames) -> None:
    subject = Subject(path=write("a", moving[:2]))
    with pytest.raises(
        UsageError, match=r"motion-error needs a reference, and .* Name it with --reference: a video, f"
    ):
        subject.check(["motion-error"])
    with pytest.raises(UsageError, match=r"needs a text.*--text\."):
        subject.check(["text-alignment"])
    with pytest.raises(MediaError, match=r"no file or folder nothing\.mp4"):
        Subject(path="nothing.mp4").check(["frame-consistency"])
