import subprocess
import sys

import pytest

from vcomp import media


@pytest.mark.parametrize("name", dir(media))
def test_every_public_name_resolves(name: str) -> None:
    assert getattr(media, name) is not None


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = media.nothing


def test_reading_and_writing_do_not_load_torch() -> None:
    code = (
        "import sys; from vcomp.media import read_clip, write_clip, strip; sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
