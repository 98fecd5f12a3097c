"""Bags of images whose classes differ in one feature."""

import numpy as np

from spectra_dl.imaging.bags.rows import BaggedFeatures


def bag_study():
    """Features, classes and patients of 16 patients with 4 to 9 images each, of which a third carry the class."""
    generator = np.random.default_rng(3)
    counts = generator.integers(4, 10, size=16)
    patient = np.repeat([f"p{number:02d}" for number in range(16)], counts).astype(object)
    code = np.repeat(np.arange(16) % 2, counts)
    features = generator.normal(size=(len(code), 5))
    features[np.arange(len(code)) % 3 == 0, 0] += 3.0
    features[:, 1] += np.where(np.arange(len(code)) % 3 == 0, 4.0 * code, 0.0)
    label = np.array(["dead", "viable"])[code]
    return BaggedFeatures(features.astype(np.float32), patient), label, patient
