import numpy as np
import pytest
import torch

from vcomp.conditions.container import Conditions
from vcomp.conditions.spec import CONDITIONS, FRAME_CONDITIONS, TOKEN_CONDITIONS
from vcomp.errors import ConditionError
from vcomp.models.config import CONDITION_CHANNELS


def test_specs_are_the_eight_of_the_paper_with_the_channels_of_the_unet() -> None:
    assert (*TOKEN_CONDITIONS, *FRAME_CONDITIONS) == tuple(CONDITIONS)
    assert TOKEN_CONDITIONS == ("text", "style")
    assert tuple((name, CONDITIONS[name].channels) for name in FRAME_CONDITIONS) == CONDITION_CHANNELS


def test_names_are_those_given() -> None:
    conditions = Conditions(
        text="a star", style=np.zeros((4, 5, 3), np.uint8), motion=torch.full((2, 3, 8, 8), -40.0)
    )
    assert conditions.names == {"text", "style", "motion"}
    assert Conditions(text="").names == set()


@pytest.mark.parametrize(
    ("name", "tensor", "message"),
    [
        ("sketch", torch.zeros(3, 4, 8, 8), "[1 f h w]"),
        ("sketch", torch.zeros(1, 0, 8, 8), "[1 f h w]"),
        ("image", torch.zeros(3, 2, 8, 8), "one picture, not 2 frames"),
        ("depth", torch.full((1, 1, 8, 8), float("nan")), "not finite"),
        ("sketch", torch.zeros(1, 1, 8, 8, dtype=torch.uint8), "not finite numbers"),
        ("image", torch.full((3, 1, 8, 8), 255.0), "ranges from 255 to 255"),
        ("mask", torch.full((4, 1, 8, 8), -2.0), "between -1 and 1"),
    ],
)
def test_wrong_tensors_are_refused(name: str, tensor: torch.Tensor, message: str) -> None:
    with pytest.raises(ConditionError) as error:
        Conditions(**{name: tensor})
    assert message in str(error.value)
    assert name in str(error.value)


def test_style_is_a_picture() -> None:
    with pytest.raises(ConditionError, match="uint8 picture"):
        Conditions(style=np.zeros((4, 5, 3), np.float32))
