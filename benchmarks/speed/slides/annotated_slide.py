"""Time and memory of an annotated slide: written, cut into tiles, encoded.

``python benchmarks/speed/slides/annotated_slide.py [WIDTH HEIGHT]`` writes a tiled TIFF (24,000 x 18,000 pixels of 0.5 um if not said) with two areas in a
GeoJSON of QuPath, reads its sheet, and computes colour-texture features of every tile.
"""

import json
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tifffile

from spectra_dl.tissue.encoding import encode_images
from spectra_dl.tissue.readers import read_images
from spectra_dl.tissue.reading_options import ImageOptions

TILE, UM = 512, 0.5


def tiles_of(size: tuple[int, int]) -> Iterator[np.ndarray]:
    """Yield tiles of a slide whose left half is purple tissue and whose right half is pink, with glass around."""
    random = np.random.default_rng(0)
    grain = random.integers(-30, 31, (TILE, TILE, 1), dtype=np.int16)
    for top in range(0, size[1], TILE):
        for left in range(0, size[0], TILE):
            inside = 0.1 * size[0] < left < 0.85 * size[0] and 0.1 * size[1] < top < 0.85 * size[1]
            colour = (
                (243, 243, 243) if not inside else (150, 70, 160) if left < size[0] / 2 else (225, 150, 175)
            )
            tile = np.array(colour, dtype=np.int16) + (np.roll(grain, left + top, axis=0) if inside else 0)
            yield np.broadcast_to(np.clip(tile, 0, 255), (TILE, TILE, 3)).astype(np.uint8)


def box(left: float, top: float, right: float, bottom: float) -> list[list[float]]:
    """Return the closed ring of a box."""
    return [[left, top], [right, top], [right, bottom], [left, bottom], [left, top]]


def write(folder: Path, size: tuple[int, int]) -> Path:
    """Write the slide, its annotation and a sheet."""
    resolution = (1e4 / UM, 1e4 / UM)
    with tifffile.TiffWriter(folder / "slide.tif", bigtiff=True) as tiff:
        tiff.write(
            tiles_of(size),
            shape=(size[1], size[0], 3),
            dtype=np.uint8,
            tile=(TILE, TILE),
            photometric="rgb",
            compression="jpeg",
            compressionargs={"level": 85},
            resolution=resolution,
            resolutionunit="CENTIMETER",
        )
    width, height = size
    areas = {
        "Viable": box(0.12 * width, 0.12 * height, 0.5 * width, 0.88 * height),
        "Necrosis": box(0.5 * width, 0.12 * height, 0.88 * width, 0.88 * height),
    }
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Polygon", "coordinates": [ring]},
            "properties": {"objectType": "annotation", "classification": {"name": name}},
        }
        for name, ring in areas.items()
    ]
    (folder / "slide.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    (folder / "slides.csv").write_text("path,patient,annotation\nslide.tif,P1,slide.geojson\n")
    return folder / "slides.csv"


def peak() -> float:
    """GB at most so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def main() -> None:
    """Print what each step took."""
    size = (int(sys.argv[1]), int(sys.argv[2])) if len(sys.argv) > 2 else (24_000, 18_000)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sheet = write(folder, size)
        print(f"{size[0]} x {size[1]} pixels, {(folder / 'slide.tif').stat().st_size / 1e6:.0f} MB")
        for options in (ImageOptions(), ImageOptions(least_inside=1.0)):
            start = time.process_time()
            images = read_images(sheet, options)
            counts = {label: int((images.label == label).sum()) for label in sorted(set(images.label))}
            print(
                f"cut in {time.process_time() - start:.1f} s: {len(images):,} tiles, {counts}; peak {peak():.2f} GB"
            )
        start = time.process_time()
        encoded = encode_images(images, ["colour-texture"])
        print(f"encoded in {time.process_time() - start:.1f} s: {encoded.values.shape}; peak {peak():.2f} GB")


if __name__ == "__main__":
    main()
