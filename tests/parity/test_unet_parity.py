from __future__ import annotations

import pytest
import torch
from published import published_shapes, relative_error
from torch import Tensor

from vcomp.diffusion.guidance import ConditionSet, Guidance, guided_denoise
from vcomp.diffusion.samplers import sample
from vcomp.diffusion.schedule import NoiseSchedule
from vcomp.models.config import VIDEOCOMPOSER_UNET
from vcomp.models.convert import convert_unet, published_to_ours
from vcomp.models.unet import UNet

LATENT_SIZE = (32, 32)
TOLERANCE = 1e-4
ALL = ("image", "single_sketch", "sketch", "depth", "motion", "mask")

# Our names of the conditions beside text, by the name of the reference output.
SUBSETS = {
    "text": (),
    "text_style": ("style",),
    "text_motion": ("motion",),
    "text_depth": ("depth",),
    "text_sketch": ("sketch",),
    "text_single_sketch": ("single_sketch",),
    "text_image": ("image",),
    "text_masked": ("mask",),
    "all": ("style", *ALL),
}


@pytest.mark.parametrize("name", ALL)
def test_stc_encoder(
    unet: UNet, conditions: dict[str, Tensor], reference: dict[str, Tensor], name: str
) -> None:
    encoded = unet.encode_conditions({name: conditions[name]}, latent_size=LATENT_SIZE)[name]
    published_name = {"image": "local_image", "mask": "masked"}.get(name, name)
    assert relative_error(encoded, reference[f"stc.{published_name}"]) < TOLERANCE


@pytest.mark.parametrize("subset", SUBSETS)
def test_unet(
    unet: UNet,
    latents: Tensor,
    text: Tensor,
    style: Tensor,
    conditions: dict[str, Tensor],
    reference: dict[str, Tensor],
    subset: str,
) -> None:
    names = SUBSETS[subset]
    given = {name: conditions[name] for name in names if name != "style"}
    encoded = unet.encode_conditions(given, latent_size=LATENT_SIZE)
    prediction = unet(
        latents,
        torch.tensor([481]),
        context=unet.encode_context(text, style if "style" in names else None),
        condition=sum(encoded.values(), torch.zeros(())) if encoded else None,
    )
    assert relative_error(prediction, reference[f"unet.{subset}"]) < TOLERANCE


def test_five_guided_ddim_steps(
    unet: UNet,
    latents: Tensor,
    text: Tensor,
    empty_text: Tensor,
    conditions: dict[str, Tensor],
    reference: dict[str, Tensor],
) -> None:
    motion = unet.encode_conditions({"motion": conditions["motion"]}, latent_size=LATENT_SIZE)["motion"]
    with_text, without_text = frozenset({"text", "motion"}), frozenset({"motion"})
    contexts = {
        with_text: unet.prepare_context(text),
        without_text: unet.prepare_context(empty_text),
    }

    def denoise(latents: Tensor, timesteps: Tensor, condition_set: ConditionSet) -> Tensor:
        prediction: Tensor = unet(latents, timesteps, context=contexts[condition_set], condition=motion)
        return prediction

    result = sample(
        guided_denoise(denoise, Guidance.between(without_text, with_text, scale=9.0)),
        latents,
        schedule=NoiseSchedule.scaled_linear(),
        prediction_type="epsilon",
        num_steps=5,
        sampler="ddim",
    )
    assert relative_error(result, reference["ddim5.latents"]) < TOLERANCE


def test_every_published_tensor_has_one_place_in_the_full_model() -> None:
    published = published_shapes("videocomposer_unet_keys.json")
    with torch.device("meta"):
        ours = UNet(VIDEOCOMPOSER_UNET).state_dict()
        state = {key: torch.empty(shape) for key, shape in published.items()}
    names = published_to_ours(published)
    assert len(names) == len(set(names.values())) == 1574
    assert set(names.values()) == set(ours)
    converted = convert_unet(state, shapes={name: tuple(tensor.shape) for name, tensor in ours.items()})
    assert all(converted[name].shape == tensor.shape for name, tensor in ours.items())
    assert sum(tensor.numel() for tensor in ours.values()) == 1_413_435_636
