"""The features of colour and texture are what their description says, to the bit."""

import numpy as np
import pytest

from spectra_dl.imaging.encoders.colour_texture import N_FEATURES, colour_texture


def tile(kind, seed):
    """Return a tile ``(112, 112, 3)`` of a kind."""
    generator = np.random.default_rng(seed)
    mean, spread = generator.uniform(0, 255, 3), generator.uniform(1, 80)
    pixels = np.clip(generator.normal(mean, spread, (112, 112, 3)), 0, 255).astype(np.uint8)
    if kind == "one colour":
        pixels[:] = pixels[0, 0]
    if kind == "grey":
        pixels[..., 1:] = pixels[..., :1]
    return pixels[:, ::-1] if kind == "mirrored" else pixels


def as_described(pixels):
    """Return the features of a tile, each as numpy gives it."""
    colour = pixels.astype(np.float64)
    grey = colour.mean(axis=2)
    known = np.array([[0.65, 0.70, 0.29], [0.07, 0.99, 0.11], [0.27, 0.57, 0.78]])
    separation = np.linalg.inv(known / np.linalg.norm(known, axis=1, keepdims=True))
    stain = -np.log((colour + 1.0) / 256.0) @ separation
    planes = [*np.moveaxis(colour, 2, 0), stain[..., 0], stain[..., 1], grey]
    planes = np.stack(planes).reshape(6, -1)
    saturation = colour.max(axis=2) - colour.min(axis=2)
    features = [
        planes.mean(axis=1),
        planes.std(axis=1),
        np.quantile(planes, (0.1, 0.5, 0.9), axis=1).ravel(),
        [saturation.mean(), saturation.std()],
    ]
    nuclei = stain[..., 0]
    for step in (1, 2, 4):
        across, down = (np.diff(nuclei[::step, ::step], axis=axis) for axis in (1, 0))
        features.append([np.abs(across).mean(), np.abs(down).mean(), (across**2).mean(), (down**2).mean()])
    features.append([(nuclei > 0.4).mean(), (nuclei > 0.7).mean(), (grey > 220).mean()])
    return np.concatenate(features).astype(np.float32)


@pytest.mark.parametrize("kind", ["any", "one colour", "grey", "mirrored"])
def test_features_are_as_described(kind):
    tiles = [tile(kind, seed) for seed in range(20)]
    np.testing.assert_array_equal(colour_texture(tiles), [as_described(pixels) for pixels in tiles])


def test_of_no_tile_there_are_no_features():
    assert colour_texture([]).shape == (0, N_FEATURES)
