"""Image files without colours are refused whatever the section's kind, and however they are stored."""

import numpy as np
import pytest
import tifffile
from PIL import Image

from example_sections import write_section
from spectra_dl.errors import DataError
from spectra_dl.expression.readers import SectionSource, read_section


@pytest.mark.parametrize("kind", ["png", "jpg", "tif"])
@pytest.mark.parametrize("grey", [True, False])
def test_grey_stored_as_rgb_is_refused_beside_a_counts_table(tmp_path, kind, grey):
    write_section(tmp_path, "S0", 0)
    with Image.open(tmp_path / "S0.png") as image:
        pixels = np.asarray(image.convert("L").convert("RGB") if grey else image.convert("RGB"))
    (tmp_path / "S0.png").unlink()
    if kind == "tif":
        tifffile.imwrite(tmp_path / "S0.tif", pixels, photometric="rgb")
    else:
        Image.fromarray(pixels).save(tmp_path / f"S0.{kind}")
    source = SectionSource(tmp_path / "S0.tsv", um_per_pixel=1.0)
    if not grey:
        assert len(read_section(source)) == 81
        return
    with pytest.raises(DataError, match=rf"S0\.{kind}: a grey image.*export it as RGB"):
        read_section(source)
