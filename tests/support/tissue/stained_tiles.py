"""Tiles of the same tissue in the stains of three laboratories, whose truth is known."""

import numpy as np

# Optical densities of haematoxylin and eosin in red, green and blue, as three laboratories might have them, and how strongly they stain.
LABORATORIES = {
    "pale": ([[0.65, 0.30], [0.70, 0.90], [0.29, 0.32]], (0.9, 0.6)),
    "dark": ([[0.55, 0.25], [0.75, 0.85], [0.37, 0.46]], (1.8, 1.3)),
    "red": ([[0.60, 0.36], [0.68, 0.86], [0.42, 0.36]], (1.1, 1.5)),
}


def tile(laboratory, seed=0, side=96):
    """A tile of the same tissue in a laboratory's stains: nuclei of haematoxylin in a ground of eosin."""
    generator = np.random.default_rng(seed)
    row, column = np.mgrid[:side, :side]
    nucleus = (np.sin(row / 5.0) * np.sin(column / 6.0) > 0.5)[..., None]
    eosin = 0.6 + 0.4 * generator.random((side, side))
    amount = np.where(nucleus, (1.0, 0.15), (0.08, 1.0)) * np.stack([eosin, eosin], axis=2)
    stains, strength = (np.asarray(each) for each in LABORATORIES[laboratory])
    stains = stains / np.linalg.norm(stains, axis=0)
    light = 240 * np.exp(-(amount * strength) @ stains.T) + generator.normal(0, 1, size=(side, side, 3))
    return np.clip(np.rint(light), 0, 255).astype(np.uint8)
