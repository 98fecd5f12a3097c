"""Channels of OME-TIFF by their names: red, green and blue of a camera, or the labels of fluorescence."""

import numpy as np
import pytest
import tifffile

from fuzzing.tiff_variants import tissue
from spectra_dl.errors import DataError
from spectra_dl.imaging.slide import open_tissue_image

OF_A_CAMERA = [
    "Red,Green,Blue",
    "r,g,b",
    "red channel,green channel,blue channel",
    "Camera R,Camera G,Camera B",
    "R (700nm),G (546nm),B (435nm)",
    "Transmitted Red,Transmitted Green,Transmitted Blue",
    "TL Brightfield - Red,TL Brightfield - Green,TL Brightfield - Blue",
    "Channel 1 RGB:red,Channel 2 RGB:green,Channel 3 RGB:blue",
]
OF_LABELS = [
    "DAPI Blue,FITC Green,TRITC Red",
    "Texas Red,GFP Green,Hoechst Blue",
    "Far Red,Green,Blue",
    "Alexa Red,Green,Blue",
    "Red,Green,Hoechst B",
    "Red,Green,Near Blue",
    "Red,Green,",
    "Red Green,Green,Blue",
]


def write(path, names, **options):
    """Write three planes, or three samples of one page with ``photometric``."""
    planes = np.moveaxis(tissue(), 2, 0)
    metadata = {"axes": "CYX", "Channel": {"Name": names.split(",")}}
    tifffile.imwrite(path, planes, ome=True, photometric="minisblack", metadata=metadata, **options)
    return path


@pytest.mark.parametrize("names", OF_A_CAMERA)
def test_a_colour_beside_neutral_words_names_a_channel_of_a_camera(tmp_path, names):
    image = open_tissue_image(write(tmp_path / "a.tif", names))
    np.testing.assert_array_equal(image.decoded(), tissue())


@pytest.mark.parametrize("names", OF_LABELS)
def test_a_colour_beside_another_word_names_a_label_and_is_refused(tmp_path, names):
    with pytest.raises(DataError, match=r"not named red, green and blue.*export it as 8-bit RGB TIFF"):
        open_tissue_image(write(tmp_path / "a.tif", names))
