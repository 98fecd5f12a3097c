"""Sections whose rates are a known function of their images, written as a lab would have them."""

from pathlib import Path

import numpy as np
from PIL import Image

PITCH_PX, GENES, SIDE = 40, 30, 9


def write_section(folder: Path, name: str, seed: int, across: int = SIDE) -> None:
    """Write counts, spots and image of one section: genes 0 to 9 rise with how blue the tissue is, 10 to 19 fall, the rest don't care."""
    generator = np.random.default_rng(seed)
    row, column = np.mgrid[:across, :across]
    wave = np.sin(row / 1.7 + seed) + np.cos(column / 2.1 - seed)
    blue = (wave - wave.min()) / np.ptp(wave)
    side = PITCH_PX * (across + 1)
    centre = (np.arange(across) + 1) * PITCH_PX
    image = np.full((side, side, 3), 240.0)
    shade = np.stack([220 - 120 * blue, 170 - 90 * blue, 200 - 50 * blue], axis=-1)
    for at_row, y in enumerate(centre):
        for at_column, x in enumerate(centre):
            half = PITCH_PX // 2
            image[y - half : y + half, x - half : x + half] = shade[at_row, at_column]
    noisy = np.clip(image + generator.normal(0, 4, image.shape), 0, 255).astype(np.uint8)
    Image.fromarray(noisy).save(folder / f"{name}.png")
    level = np.where(np.arange(GENES) < 10, 1.0, np.where(np.arange(GENES) < 20, -1.0, 0.0))
    rate = 20 * np.exp(1.5 * (blue.ravel()[:, None] - 0.5) * level)
    counts = generator.poisson(rate)
    spots = [f"{x + 1}x{y + 1}" for y in range(across) for x in range(across)]
    lines = ["\t" + "\t".join(f"GENE{gene}" for gene in range(GENES))]
    lines += ["\t".join([spot, *map(str, each)]) for spot, each in zip(spots, counts, strict=True)]
    (folder / f"{name}.tsv").write_text("\n".join(lines) + "\n")
    places = ["x\ty\tpixel_x\tpixel_y\tselected"]
    places += [f"{x + 1}\t{y + 1}\t{centre[x]}\t{centre[y]}\t1" for y in range(across) for x in range(across)]
    (folder / f"{name}_selection.tsv").write_text("\n".join(places) + "\n")


def write_study(folder: Path, patients: str = "abc", across: int = SIDE) -> Path:
    """Write one section per patient, so many spots across, and their sheet, and return the sheet."""
    lines = ["path,patient,section"]
    for number, patient in enumerate(patients):
        write_section(folder, f"S{number}", number, across)
        lines.append(f"S{number}.tsv,{patient},S{number}")
    sheet = folder / "sections.csv"
    sheet.write_text("\n".join(lines) + "\n")
    return sheet
