"""Sizes of a pixel in OME-XML that can't be used: the note says what was found."""

import re

import pytest
import tifffile

from fuzzing.tiff_variants import tissue
from spectra_dl.imaging.slide import open_tissue_image, stated_sizes

OME = '<OME><Image><Pixels SizeX="200" SizeY="150" SizeZ="1" SizeT="1" SizeC="3" {}><Channel SamplesPerPixel="3"/></Pixels></Image></OME>'
SAID = {
    'PhysicalSizeX="0" PhysicalSizeY="0"': "PhysicalSizeX '0' is no size above 0",
    'PhysicalSizeX="-0.5" PhysicalSizeY="-0.5"': "PhysicalSizeX '-0.5' is no size above 0",
    'PhysicalSizeX="0,5" PhysicalSizeY="0,5"': "PhysicalSizeX '0,5' is no size above 0",
    'PhysicalSizeX="1" PhysicalSizeXUnit="pixel"': "PhysicalSizeX has the unit 'pixel', which is no length in µm",
    'PhysicalSizeX="26.4" PhysicalSizeY="26.4"': "26.4 µm per pixel from PhysicalSizeX .* lie outside the 0.05 to 20",
    'PhysicalSizeX="0.5" PhysicalSizeXUnit="nm"': "0.0005 µm per pixel from PhysicalSizeX .* are not used",
}


@pytest.mark.parametrize("stated", SAID)
def test_a_size_that_can_not_be_used_is_noted_as_it_stands(tmp_path, stated):
    text = OME.format(stated)
    tifffile.imwrite(tmp_path / "a.tif", tissue(), photometric="rgb", metadata=None, description=text)
    image = open_tissue_image(tmp_path / "a.tif")
    assert not stated_sizes(image)
    assert len(image.notes) == 1
    assert re.search(SAID[stated], image.notes[0])
