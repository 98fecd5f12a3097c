"""``macenko:`` or ``vahadane:`` before an encoder's name: in features, model files, and where a model file alone may not call for it."""

import numpy as np
import pytest

from spectra_dl.errors import UsageError
from spectra_dl.imaging.encoders.registry import build_encoder, is_encoder_name, recorded_name
from spectra_dl.imaging.features.description import EncoderDescription
from spectra_dl.imaging.features.trained_encoders import encoders_to_build
from spectra_dl.imaging.stains.normalised_encoder import NORMALISATIONS

NAME = "macenko:colour-texture"


@pytest.mark.parametrize("normalisation", NORMALISATIONS)
def test_features_are_those_of_the_normalised_tile(normalisation):
    name, normalised = f"{normalisation}colour-texture", NORMALISATIONS[normalisation]
    encoder, bare = build_encoder(name), build_encoder("colour-texture")
    tile = np.random.default_rng(0).integers(
        20, 200, (encoder.tile_pixels, encoder.tile_pixels, 3), dtype=np.uint8
    )
    assert encoder.name == name
    assert encoder.width == bare.width
    np.testing.assert_array_equal(encoder.encode([tile]), bare.encode([normalised(tile)]))
    assert not np.array_equal(encoder.encode([tile]), bare.encode([tile]))


@pytest.mark.parametrize(
    "name",
    [
        "macenko:",
        "macenko:macenko:colour-texture",
        "vahadane:macenko:colour-texture",
        "macenko:features:x",
        "macenko:none",
    ],
)
def test_what_it_cannot_stand_before_is_refused(name):
    assert not is_encoder_name(name)
    with pytest.raises(UsageError, match="each also as macenko:NAME or vahadane:NAME"):
        build_encoder(name)


def test_a_model_file_may_name_it_and_calls_for_no_more_than_without():
    assert is_encoder_name(NAME)
    assert is_encoder_name("macenko:timm:resnet18")
    assert recorded_name(NAME) == NAME

    def described(name):
        return [EncoderDescription(name=name, width=3, calibration=[])]

    assert encoders_to_build(described(NAME), ()) == (NAME,)
    with pytest.raises(UsageError, match="--encoder macenko:timm:resnet18"):
        encoders_to_build(described("macenko:timm:resnet18"), ())
    with pytest.raises(UsageError, match=r"--encoder macenko:file:WEIGHTS\.safetensors"):
        encoders_to_build(described("macenko:file:resnet18-0123456789abcdef"), ())
