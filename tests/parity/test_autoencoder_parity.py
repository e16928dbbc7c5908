"""Stable Diffusion's autoencoder against the published code, from all the names it goes by."""

from __future__ import annotations

import json

import pytest
import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from published import DATA, relative_error
from safetensors.torch import load_file
from seeded import seeded_uniform, seeded_weights
from torch import Tensor

from vcomp.errors import WeightsError
from vcomp.models.kl_autoencoder import KLAutoencoder, KLAutoencoderConfig, convert_autoencoder

SMALL = KLAutoencoderConfig(channels=(32, 64, 128, 128))
TOLERANCE = 1e-4


@pytest.fixture(scope="module")
def reference() -> dict[str, Tensor]:
    return load_file(DATA / "vae_and_sketch.safetensors")


@pytest.fixture(scope="module")
def published() -> dict[str, Tensor]:
    keys = json.loads((DATA / "vae_and_sketch_keys.json").read_text())["autoencoder"]
    return seeded_weights({key: tuple(shape) for key, shape in keys.items()})


def loaded(state: dict[str, Tensor]) -> KLAutoencoder:
    autoencoder = KLAutoencoder(SMALL).eval().requires_grad_(False)
    shapes = {name: tuple(tensor.shape) for name, tensor in autoencoder.state_dict().items()}
    autoencoder.load_state_dict(convert_autoencoder(state, shapes=shapes))
    return autoencoder


@pytest.fixture(scope="module")
def autoencoder(published: dict[str, Tensor]) -> KLAutoencoder:
    return loaded(published)


@pytest.fixture(scope="module")
def pixels() -> Tensor:
    return seeded_uniform("open.image", (1, 3, 64, 64)) * 2 - 1


def test_posterior(autoencoder: KLAutoencoder, pixels: Tensor, reference: dict[str, Tensor]) -> None:
    posterior = autoencoder.posterior(pixels)
    assert relative_error(posterior.mean, reference["vae.mean"]) < TOLERANCE
    assert relative_error(posterior.logvar, reference["vae.logvar"]) < TOLERANCE


def test_decoding_of_the_posteriors_mean(autoencoder: KLAutoencoder, reference: dict[str, Tensor]) -> None:
    assert (
        relative_error(autoencoder.reconstruct(reference["vae.mean"]), reference["vae.decoded"]) < TOLERANCE
    )


def test_latents_are_the_mean_by_the_published_factor(
    autoencoder: KLAutoencoder, pixels: Tensor, reference: dict[str, Tensor]
) -> None:
    latents = autoencoder.encode(pixels)
    assert relative_error(latents, reference["vae.mean"] * 0.18215) < TOLERANCE
    decoded = autoencoder.decode(latents)
    assert relative_error(decoded, reference["vae.decoded"].clamp(-1, 1)) < TOLERANCE


def test_out_of_a_whole_stable_diffusion_checkpoint(
    autoencoder: KLAutoencoder, published: dict[str, Tensor], pixels: Tensor
) -> None:
    whole = {f"first_stage_model.{key}": tensor for key, tensor in published.items()}
    whole["model.diffusion_model.out.2.weight"] = torch.ones(2)
    whole["cond_stage_model.model.logit_scale"] = torch.ones(())
    assert torch.equal(loaded(whole).encode(pixels), autoencoder.encode(pixels))


def test_diffusers_names(autoencoder: KLAutoencoder, pixels: Tensor) -> None:
    state = {name.removeprefix("kl."): tensor for name, tensor in autoencoder.state_dict().items()}
    assert torch.equal(loaded(state).encode(pixels), autoencoder.encode(pixels))


def test_diffusers_first_names_of_attention(autoencoder: KLAutoencoder, pixels: Tensor) -> None:
    """Those of 2022, in which the published file of the autoencoder alone was written."""
    renamed = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}
    state = {}
    for name, tensor in autoencoder.state_dict().items():
        for new, old in renamed.items():
            name = name.replace(f"attentions.0.{new}.", f"attentions.0.{old}.")
        state[name.removeprefix("kl.")] = tensor
    assert torch.equal(loaded(state).encode(pixels), autoencoder.encode(pixels))


def test_a_loss_beside_the_autoencoder_is_left_out(published: dict[str, Tensor], pixels: Tensor) -> None:
    loaded({**published, "loss.logvar": torch.zeros(())}).encode(pixels)


def test_what_is_missing_or_foreign_is_named(published: dict[str, Tensor]) -> None:
    with pytest.raises(WeightsError, match=r"no autoencoder of Stable Diffusion has: encoder\.extra\.weight"):
        loaded({**published, "encoder.extra.weight": torch.zeros(1)})
    lacking = {key: tensor for key, tensor in published.items() if key != "decoder.up.3.block.0.conv1.bias"}
    with pytest.raises(
        WeightsError, match=r"lacks tensors: kl\.decoder\.up_blocks\.0\.resnets\.0\.conv1\.bias"
    ):
        loaded(lacking)


def test_the_published_size_is_diffusers_model() -> None:
    with torch.device("meta"):
        ours = KLAutoencoder(KLAutoencoderConfig())
        named = AutoencoderKL(
            block_out_channels=(128, 256, 512, 512),
            down_block_types=("DownEncoderBlock2D",) * 4,
            up_block_types=("UpDecoderBlock2D",) * 4,
            layers_per_block=2,
        )
    assert ours.kl.state_dict().keys() == named.state_dict().keys()
    assert sum(parameter.numel() for parameter in ours.parameters()) == 83_653_863
