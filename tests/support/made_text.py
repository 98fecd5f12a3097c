"""Instruments' text files, made as the programs write them."""

import json

import numpy as np

SHIFTS = [round(410.0 + 35.641 * k, 3) for k in range(40)]
COUNTS = np.random.default_rng(11).integers(100, 900, (3, 40))


def oras_measurement(**changes: object) -> dict[str, object]:
    """Three raw spectra of 40 pixels, one list a pixel, with an axis put in."""
    measurement = {
        "TimeStamp": "2018/6/22-14h26 51.406",
        "Comment": "serum",
        "Wavelength": 785,
        "ExpTime": 50,
        "Background": [10] * 40,
        "RawSpectra": COUNTS.T.tolist(),
        "xaxis": SHIFTS,
    }
    return {key: value for key, value in {**measurement, **changes}.items() if value is not None}


def oras_file(**changes: object) -> bytes:
    """The bytes of one measurement."""
    return json.dumps(oras_measurement(**changes)).encode()
