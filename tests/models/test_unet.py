from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from vcomp.errors import ConditionError, UsageError
from vcomp.models.config import UNetConfig
from vcomp.models.unet import UNet, sinusoidal_embedding

CONFIG = UNetConfig(
    dim=16,
    multipliers=(1, 2, 2),
    num_res_blocks=1,
    head_dim=8,
    num_heads=2,
    attention_scales=(1.0, 0.5),
    context_dim=24,
    condition_channels=4,
    norm_groups=4,
    stc_hidden=8,
)


@pytest.fixture
def unet() -> UNet:
    """Nothing in it is zero, so every layer has a say."""
    torch.manual_seed(0)
    unet = UNet(CONFIG)
    with torch.no_grad():
        for parameter in unet.parameters():
            parameter.normal_(std=0.15)
    return unet.eval()


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def predict(unet: UNet, latents: Tensor, timesteps: Tensor | None = None, **inputs: Tensor | None) -> Tensor:
    timesteps = torch.full((len(latents),), 500) if timesteps is None else timesteps
    context = inputs.get("context")
    context = noise(len(latents), 5, 24, seed=1) if context is None else context
    prediction: Tensor = unet(latents, timesteps, context=context, condition=inputs.get("condition"))
    return prediction


@pytest.mark.parametrize("shape", [(2, 4, 3, 8, 8), (1, 4, 1, 8, 12), (1, 4, 2, 10, 6), (1, 4, 16, 4, 4)])
def test_any_batch_length_and_size(unet: UNet, shape: tuple[int, ...]) -> None:
    prediction = predict(unet, noise(*shape))
    assert prediction.shape == shape
    assert prediction.isfinite().all()


def test_batch_items_do_not_mix(unet: UNet) -> None:
    latents, context = noise(3, 4, 4, 8, 8), noise(3, 5, 24, seed=1)
    timesteps = torch.tensor([10, 500, 990])
    together = predict(unet, latents, timesteps, context=context)
    for i in range(3):
        alone = predict(unet, latents[i : i + 1], timesteps[i : i + 1], context=context[i : i + 1])
        torch.testing.assert_close(together[i : i + 1], alone, rtol=1e-4, atol=1e-5)


def test_frames_do_mix(unet: UNet) -> None:
    latents = noise(1, 4, 4, 8, 8)
    changed = latents.clone()
    changed[:, :, 0] += 1
    difference = (predict(unet, latents) - predict(unet, changed)).abs().amax(dim=(0, 1, 3, 4))
    assert (difference > 1e-4).all()


def test_frame_positions_tell_frames_apart_once_they_are_learnt() -> None:
    torch.manual_seed(0)
    unet, without = UNet(replace(CONFIG, frame_positions=True)).eval(), UNet(CONFIG).eval()
    with torch.no_grad():
        for name, parameter in unet.named_parameters():
            if not name.startswith("frame_embedding"):
                parameter.normal_(std=0.15)
    shared = unet.state_dict()
    without.load_state_dict({name: shared[name] for name in without.state_dict()})
    latents = noise(2, 4, 3, 8, 8)
    untaught = predict(unet, latents)
    torch.testing.assert_close(untaught, predict(without, latents))

    assert unet.frame_embedding is not None
    nn.init.normal_(unet.frame_embedding[-1].weight)
    change = predict(unet, latents) - untaught
    first, second, third = change.unbind(dim=2)
    assert min((first - second).abs().mean(), (second - third).abs().mean()) > 0.01 * untaught.abs().mean()


def test_a_part_of_a_video_is_told_which_frames_it_has() -> None:
    torch.manual_seed(0)
    unet = UNet(replace(CONFIG, frame_positions=True)).eval()
    with torch.no_grad():
        for name, parameter in unet.named_parameters():
            if "temporal" not in name:
                parameter.normal_(std=0.15)
    latents, context, timestep = noise(1, 4, 6, 8, 8), noise(1, 5, 24), torch.tensor([500])
    whole = unet(latents, timestep, context=context, condition=None)
    positions = torch.tensor([[1, 3, 5]])
    part = unet(latents[:, :, 1::2], timestep, context=context, condition=None, positions=positions)
    torch.testing.assert_close(part, whole[:, :, 1::2])
    shifted = unet(latents[:, :, 1::2], timestep, context=context, condition=None)
    assert not torch.allclose(shifted, part, atol=1e-3)


def test_a_pooled_context_is_told_to_every_frame_in_its_own_way() -> None:
    """With every cross-attention silent, captions tell themselves apart through the embedding alone."""
    torch.manual_seed(0)
    unet = UNet(replace(CONFIG, frame_positions=True, context_queries=3)).eval()
    with torch.no_grad():
        for name, parameter in unet.named_parameters():
            silent = "attn2.to_out" in name
            parameter.zero_() if silent else parameter.normal_(std=0.15)
    latents = noise(1, 4, 3, 8, 8)
    first, second = (predict(unet, latents, context=noise(1, 5, 24, seed=seed)) for seed in (0, 1))
    change = (first - second).abs().mean(dim=(0, 1, 3, 4))
    assert change.min() > 1e-3 * first.abs().mean()
    assert change.max() > 1.02 * change.min()


def test_the_slope_of_a_context_is_told_times_the_time_in_the_clip() -> None:
    """With offsets silent, captions differ by slopes: hardly in the middle of a clip, in turn at its ends."""
    torch.manual_seed(0)
    told = {"frame_positions": True, "context_queries": 3, "context_clip_frames": 16}
    unet = UNet(replace(CONFIG, **told)).eval()
    assert unet.context_pooling is not None
    positions = torch.tensor([[0, 7, 8, 15]])
    with torch.no_grad():
        nn.init.zeros_(unet.context_pooling.to_out.weight)
        one, other = (
            unet._embed_times(torch.tensor([500]), positions, pooled=unet.prepare_context(context).pooled)[0]
            for context in (noise(1, 5, 24, seed=seed) for seed in (0, 1))
        )
    first, *middle, last = one - other
    assert min(first.norm(), last.norm()) > 5 * max(frame.norm() for frame in middle)
    assert nn.functional.cosine_similarity(first, last, dim=0) < -0.2


def test_captions_tell_themselves_apart_before_training() -> None:
    """Of a context of many tokens that pad it, each word is heard in every frame."""
    torch.manual_seed(0)
    unet = UNet(replace(CONFIG, frame_positions=True, context_queries=16, context_clip_frames=16))
    padding, positions = noise(1, 1, 24).expand(-1, 50, -1), torch.tensor([[0, 5, 15]])
    with torch.no_grad():
        one, other = (
            unet._embed_times(torch.tensor([500]), positions, pooled=unet.prepare_context(context).pooled)
            for context in (torch.cat([noise(1, 8, 24, seed=seed), padding], dim=1) for seed in (0, 1))
        )
    assert ((one - other).norm(dim=-1) > 0.2 * one.norm(dim=-1)).all()


@pytest.mark.parametrize(
    ("sizes", "needed"),
    [({"context_queries": 3}, "frame_positions"), ({"context_clip_frames": 16}, "queries")],
)
def test_what_is_told_of_a_context_needs_what_it_is_told_with(sizes: dict[str, int], needed: str) -> None:
    with pytest.raises(UsageError, match=needed):
        replace(CONFIG, **sizes)


def test_of_pictures_temporal_layers_may_compute_nothing() -> None:
    torch.manual_seed(0)
    unet = UNet(replace(CONFIG, min_temporal_frames=2)).eval()
    with torch.no_grad():
        for parameter in unet.parameters():
            parameter.normal_(std=0.15)
    picture, clip = noise(2, 4, 1, 8, 8), noise(1, 4, 3, 8, 8)
    before = predict(unet, picture), predict(unet, clip)
    with torch.no_grad():
        for name, parameter in unet.named_parameters():
            if "temporal" in name:
                parameter.normal_(std=0.3)
    assert torch.equal(predict(unet, picture), before[0])
    assert not torch.allclose(predict(unet, clip), before[1])


def test_no_condition_is_a_condition_of_zeros(unet: UNet) -> None:
    latents = noise(1, 4, 2, 8, 8)
    assert torch.equal(predict(unet, latents), predict(unet, latents, condition=torch.zeros(1, 4, 2, 8, 8)))


def test_timestep_context_and_condition_all_matter(unet: UNet) -> None:
    latents = noise(1, 4, 2, 8, 8)
    plain = predict(unet, latents)
    for other in (
        predict(unet, latents, torch.tensor([501])),
        predict(unet, latents, context=noise(1, 5, 24, seed=2)),
        predict(unet, latents, condition=noise(1, 4, 2, 8, 8, seed=3)),
    ):
        assert not torch.allclose(plain, other, atol=1e-5)


def test_prepared_context_gives_the_same(unet: UNet) -> None:
    latents, text, style = noise(2, 4, 3, 8, 8), noise(2, 5, 24, seed=1), noise(2, 1, 24, seed=2)
    context = unet.encode_context(text, style)
    assert context.shape == (2, 6, 24)
    torch.testing.assert_close(context[:, :5], text)
    prepared = unet(latents, torch.tensor([3, 4]), context=unet.prepare_context(context), condition=None)
    torch.testing.assert_close(prepared, unet(latents, torch.tensor([3, 4]), context=context, condition=None))


@pytest.mark.parametrize(
    ("conditions", "message"),
    [
        ({"pose": torch.zeros(1, 1, 2, 8, 8)}, "'pose'.*single_sketch"),
        ({"depth": torch.zeros(1, 3, 2, 8, 8)}, "'depth' has 3 channels and needs 1"),
    ],
)
def test_conditions_it_does_not_know_are_named(
    unet: UNet, conditions: dict[str, Tensor], message: str
) -> None:
    with pytest.raises(ConditionError, match=message):
        unet.encode_conditions(conditions, latent_size=(4, 4))


def test_at_the_start_it_predicts_zero_and_temporal_parts_do_nothing() -> None:
    fresh = UNet(CONFIG).eval()
    assert (predict(fresh, noise(1, 4, 2, 8, 8)) == 0).all()
    nn.init.normal_(fresh.conv_out.weight)
    latents = noise(1, 4, 2, 8, 8)
    first_alone = predict(fresh, latents[:, :, :1])
    assert torch.allclose(predict(fresh, latents)[:, :, :1], first_alone, atol=1e-5)


def test_every_parameter_learns(unet: UNet) -> None:
    unet.train()
    conditions = {name: torch.rand(1, c, 2, 16, 16) for name, c in CONFIG.conditions}
    encoded = unet.encode_conditions(conditions, latent_size=(8, 8))
    context = unet.encode_context(noise(1, 5, 24), noise(1, 1, 24))
    condition = torch.stack(list(encoded.values())).sum(dim=0)
    prediction = unet(noise(1, 4, 2, 8, 8), torch.tensor([7]), context=context, condition=condition)
    prediction.square().mean().backward()
    without = [name for name, p in unet.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
    assert without == []


@pytest.mark.parametrize("mode", ["native", "autocast"])
def test_bfloat16_stays_close_to_float32(unet: UNet, mode: str) -> None:
    latents, context = noise(1, 4, 3, 8, 8), noise(1, 5, 24, seed=1)
    exact = predict(unet, latents, context=context)
    if mode == "native":
        rounded = predict(unet.to(torch.bfloat16), latents, context=context.bfloat16())
        assert rounded.dtype == torch.float32
    else:
        with torch.autocast("cpu", torch.bfloat16):
            rounded = predict(unet, latents, context=context)
    assert (rounded - exact).norm() / exact.norm() < 0.05


def test_bfloat16_weights_may_be_computed_with_in_float32(unet: UNet) -> None:
    for parameter in unet.parameters():
        parameter.data = parameter.data.bfloat16().float()
    latents, context = noise(1, 4, 3, 8, 8), noise(1, 5, 24, seed=1)
    conditions = {name: torch.rand(1, c, 3, 16, 16) for name, c in CONFIG.conditions}

    def run() -> tuple[Tensor, ...]:
        encoded = unet.encode_conditions(conditions, latent_size=(8, 8))
        tokens = unet.encode_context(context, noise(1, 1, 24, seed=2))
        return predict(unet, latents, context=tokens, condition=sum(encoded.values())), *encoded.values()

    with torch.no_grad():
        exact = run()
        unet.to(torch.bfloat16)
        unet.arithmetic = torch.float32
        widened = run()
    assert {parameter.dtype for parameter in unet.parameters()} == {torch.bfloat16}
    assert {tensor.dtype for tensor in widened} == {torch.float32}
    assert all(torch.equal(a, b) for a, b in zip(exact, widened, strict=True))


def test_sinusoidal_embedding_has_cosines_first() -> None:
    embedding = sinusoidal_embedding(torch.tensor([0, 1]), 8)
    assert embedding[0].tolist() == [1, 1, 1, 1, 0, 0, 0, 0]
    assert embedding[1, [0, 4]].tolist() == pytest.approx([math.cos(1), math.sin(1)])


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"dim": 40, "norm_groups": 32}, "multiple of norm_groups"),
        ({"dim": 32, "head_dim": 64}, "Head dim 64"),
        ({"attention_scales": (1.0, 0.3)}, "\\[0.3\\]"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(sizes: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        UNetConfig(**sizes)
