"""Which networks stay, and which are loaded anew."""

from __future__ import annotations

from collections import Counter

import pytest
from torch import nn

from vcomp.engine import Engine
from vcomp.engine.networks import Networks
from vcomp.engine.ways import Residency
from vcomp.models.system import System


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each network was loaded."""
    counts: Counter[str] = Counter()
    load = Networks._load

    def counted(networks: Networks, part: str) -> nn.Module:
        counts[part] += 1
        return load(networks, part)

    monkeypatch.setattr(Networks, "_load", counted)
    return counts


def test_extractors_of_a_large_model_work_in_turn_and_leave_together(
    system: System, loads: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vcomp.engine.networks.KEPT_BYTES", 0)
    networks = Engine(system, device="cpu").networks
    assert networks.residency is Residency.FREED
    for _ in range(3):  # chunk after chunk of a video
        networks.get("pidinet")
        networks.get("depth")
    assert loads == {"pidinet": 1, "depth": 1}
    networks.get("towers")
    assert "pidinet" not in networks
    assert "depth" not in networks


def test_extractors_of_a_large_model_are_counted_together(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vcomp.engine.networks.KEPT_BYTES", 0)
    engine = Engine(system, device="cpu")
    both = engine.plan(engine.default_settings, extracting=("pidinet", "depth"))
    one = engine.plan(engine.default_settings, extracting=("depth",))
    assert both.stages["extract"] >= one.stages["extract"] + engine.networks.weights_bytes("pidinet")
