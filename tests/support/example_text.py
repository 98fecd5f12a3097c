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


def bwspec_file(*, delimiter: str = ";", comma: bool = True, pixels: int = 46, spectra: int = 1) -> str:
    """A header, then 40 pixels with a shift between three at each end without one; numbers with decimals."""
    header = [
        ("File Version", "BWSpec4.03_12"),
        ("Date", "2021-03-02 10:11:12"),
        ("Title", "BWS475-785H"),
        ("Model", "BTC665N-785H-SYS"),
        ("pixel_start", "0"),
        ("pixel_end", "45"),
        ("intigration times(ms)", "40000"),
        ("average number", "4"),
        ("laser_wavelength", "784,90" if comma else "784.90"),
    ]
    lines = [delimiter.join((*pair, "")) for pair in header]
    names = ["Pixel", "Wavelength", "Wavenumber", "Raman Shift", "Dark"]
    names += [f"Dark Subtracted #{k + 1}" for k in range(spectra)]
    lines.append(delimiter.join((*names, "")))
    for pixel in range(pixels):
        inside = 3 <= pixel < 43
        shift = f"{SHIFTS[pixel - 3]:.4f}" if inside else "  "
        counts = [f"{COUNTS[k, pixel - 3] if inside else 0:.4f}" for k in range(spectra)]
        cells = [str(pixel), f"{810 + pixel / 3:.4f}", "12345.6789", shift, "1000.0000", *counts, ""]
        lines.append(delimiter.join(cells).replace(".", "," if comma else "."))
    return "\r\n".join(lines) + "\r\n"


LABSPEC_HEADER = {
    "Acq. time (s)": "120",
    "Accumulations": "2",
    "Instrument": "LabRAM HR Evol",
    "Laser": "532nm_Edge",
    "Spectro (cm-\u00b9)": "909.972",
    "X (\u00b5m)": "-1.8",
    "Title": "D_1",
    "Acquired": "14.02.2019 10:03:18",
}


def labspec_file(leading: int, *, end: str = "", **changes: str) -> str:
    """A single spectrum (no leading column), a series (one) or a map (two)."""
    header = {**LABSPEC_HEADER, **{name.replace("_", " "): text for name, text in changes.items()}}
    lines = [f"#{name}=\t{text}" for name, text in header.items()]
    if not leading:
        return "\n".join([*lines, *(f"{x}\t{y}" for x, y in zip(SHIFTS, COUNTS[0], strict=True))]) + "\n"
    lines.append("\t" * leading + "\t".join(map(str, SHIFTS)) + end)
    for k, counts in enumerate(COUNTS):
        place = [f"{1.5 * k}", f"{-2.0 * k}"][:leading]
        lines.append("\t".join([*place, *map(str, counts)]) + end)
    return "\n".join(lines) + "\n"
