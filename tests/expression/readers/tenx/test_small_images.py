"""The small images of Space Ranger: without their scale factors, with a scale that a person gives, and the lowres one alone."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fuzzing.sections import space_ranger_files
from spectra_dl.errors import DataError
from spectra_dl.expression.readers import SectionSource, read_section

Put = Callable[..., Path]
FACTORS, HIRES = "spatial/scalefactors_json.json", "spatial/tissue_hires_image.png"


def test_missing_scale_factors_are_named(put: Put) -> None:
    folder = put(space_ranger_files(), others={FACTORS: None})
    with pytest.raises(DataError, match=r"tissue_hires_image\.png is there, but no scalefactors_json\.json"):
        read_section(folder)


def test_a_given_scale_is_that_of_the_small_image_where_its_factors_are_missing(put: Put) -> None:
    usual = read_section(put(space_ranger_files()))
    scale = usual.full_um_per_pixel / usual.um_per_pixel
    folder = put({})
    (folder / FACTORS).unlink()
    section = read_section(SectionSource(folder, image_scale=scale))
    assert section.image.path.name == "tissue_hires_image.png"
    assert section.um_per_pixel == pytest.approx(usual.um_per_pixel)
    assert np.allclose(section.position_um, usual.position_um)


def test_the_lowres_image_alone_is_read_with_its_factor(put: Put) -> None:
    usual = read_section(put(space_ranger_files()))
    folder = put({})
    factors = json.loads((folder / FACTORS).read_text())
    with Image.open(folder / HIRES) as image:
        image.resize((image.width // 2, image.height // 2)).save(folder / "spatial/tissue_lowres_image.png")
    (folder / HIRES).unlink()
    with pytest.raises(DataError, match=r"no scalefactors_json\.json with its tissue_lowres_scalef"):
        read_section(folder)
    factors["tissue_lowres_scalef"] = factors["tissue_hires_scalef"] / 2
    (folder / FACTORS).write_text(json.dumps(factors))
    section = read_section(folder)
    assert section.image.path.name == "tissue_lowres_image.png"
    assert section.um_per_pixel == pytest.approx(2 * usual.um_per_pixel)
    assert section.reason.tolist() == usual.reason.tolist()
    with pytest.raises(DataError, match="tissue_lowres_scalef says"):
        read_section(SectionSource(folder, image_scale=0.9))
