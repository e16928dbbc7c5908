"""The list of weight files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from vcomp.errors import UsageError, WeightsError
from vcomp.weights.registry import Registry, read_registry, shipped_registry
from weight_server import registry_of, weight_file, write_registry

URL = "http://127.0.0.1/net"


@pytest.fixture(scope="module")
def shipped() -> Registry:
    return read_registry(shipped_registry())


def test_the_shipped_list_is_complete(shipped: Registry) -> None:
    """Sizes and hashes as published; where no hash is known there must be none."""
    known = {file.filename: (file.bytes, file.sha256 and file.sha256[:8]) for file in shipped}
    assert known == {
        "non_ema_228000.pth": (5654395111, None),
        "open_clip_pytorch_model.bin": (3944692325, "9a78ef8e"),
        "diffusion_pytorch_model.safetensors": (334643276, "a1d99348"),
        "v2-1_512-ema-pruned.ckpt": (5214865159, "88ecb782"),
        "table5_pidinet.pth": (2871148, "80860ac2"),
        "sketch_simplification_gan.pth": (177563291, None),
        "dpt_large-midas-2f21e586.pt": (1376378527, "2f21e586"),
        "midas_v3_dpt_large.pth": (1372239913, None),
        "alexnet-owt-7be5be79.pth": (244408911, "7be5be79"),
        "i3d_pretrained_400.pt": (50939526, "55095f04"),
    }
    assert [file.id for file in shipped if not file.bytes_exact] == ["sd-checkpoint"]


def test_the_shipped_addresses_are_encrypted_and_name_their_revision(shipped: Registry) -> None:
    for file in shipped:
        assert file.mirrors
        assert all(url.startswith("https://") for url in file.urls)
        assert file.revision in file.source
        assert file.licence


def test_files_without_a_hash_come_from_their_publisher_only(shipped: Registry) -> None:
    for file in shipped:
        if file.sha256 is None:
            assert all(re.match(r"https://(www\.)?modelscope\.cn/.*damo/VideoComposer", u) for u in file.urls)


def test_a_model_stands_for_what_it_needs(shipped: Registry) -> None:
    assert shipped.models == ("videocomposer", "extractors", "metrics")
    needed = shipped.select(["videocomposer"])
    assert "sd-autoencoder" in [file.id for file in needed]
    assert all(file.alternative_to is None for file in needed)
    assert sum(file.bytes for file in needed) < 12e9
    assert set(shipped.select(["extractors"])) < set(needed)
    measuring = shipped.select(["metrics"])
    assert shipped.select(["videocomposer"], with_alternatives=True) + measuring == shipped.files


def test_files_are_chosen_by_id_and_by_name(shipped: Registry) -> None:
    chosen = shipped.select(["v2-1_512-ema-pruned.ckpt", "pidinet", "table5_pidinet.pth"])
    assert [file.id for file in chosen] == ["sd-checkpoint", "pidinet"]
    with pytest.raises(
        UsageError, match=r"no model or weight file unet. .*Models are videocomposer, extract"
    ):
        shipped.select(["unet"])


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"sha256": "ab"}, "sha256"),
        ({"sha256": None, "bytes_exact": False}, "neither an exact size nor a sha256"),
        ({"bytes": 0}, "bytes"),
        ({"filename": "../../etc/passwd"}, "filename"),
        ({"id": ".."}, "id"),
        ({"source": "ftp://host/file"}, "source"),
        ({"mirrors": ("file:///etc/passwd",)}, "mirrors"),
        ({"models": ()}, "models"),
        ({"models": ("net",)}, "names a file and a model"),
        ({"alternative_to": "other"}, "alternative to other, which is not listed"),
        ({"size": 3}, "Extra inputs are not permitted"),
    ],
)
def test_mistakes_in_a_list_are_named(tmp_path: Path, fields: dict[str, object], message: str) -> None:
    good = weight_file(URL)
    write_registry(tmp_path / "good.toml", good)
    assert read_registry(tmp_path / "good.toml").files == registry_of(good).files
    write_registry(tmp_path / "weights.toml", good.model_copy(update=fields))
    if "size" in fields:
        with (tmp_path / "weights.toml").open("a") as stream:
            stream.write("size = 3\n")
    with pytest.raises(WeightsError, match=message) as caught:
        read_registry(tmp_path / "weights.toml")
    assert "weights.toml" in caught.value.message


def test_two_files_of_one_id_are_named(tmp_path: Path) -> None:
    write_registry(tmp_path / "weights.toml", weight_file(URL), weight_file(URL))
    with pytest.raises(WeightsError, match="net is listed twice"):
        read_registry(tmp_path / "weights.toml")


@pytest.mark.parametrize("content", [b"[[file]", b"\xff\xfe"])
def test_what_is_no_toml_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "weights.toml").write_bytes(content)
    with pytest.raises(WeightsError, match=r"weights\.toml cannot be read"):
        read_registry(tmp_path / "weights.toml")
    with pytest.raises(WeightsError, match="cannot be read"):
        read_registry(tmp_path / "missing.toml")
