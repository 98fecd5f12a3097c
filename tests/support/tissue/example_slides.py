"""Small pyramidal slides with two kinds of tissue on glass, their annotations, and where which kind is known to lie."""

import json

import numpy as np
import tifffile

WIDTH, HEIGHT, UM = 1536, 1024, 0.5
VIABLE, NECROTIC = (100, 60, 900, 460), (100, 560, 1100, 960)  # left, top, right, bottom
_COLOURS = {VIABLE: (150, 70, 160), NECROTIC: (230, 150, 170)}


def slide_pixels(seed):
    """``(h, w, 3)``: glass with a block of viable and one of necrotic tissue."""
    random = np.random.default_rng(seed)
    pixels = np.full((HEIGHT, WIDTH, 3), 243, dtype=np.int16)
    for (left, top, right, bottom), colour in _COLOURS.items():
        pixels[top:bottom, left:right] = colour
        pixels[top:bottom, left:right] += random.integers(
            -25, 26, (bottom - top, right - left, 1), dtype=np.int16
        )
    pixels += random.integers(-3, 4, pixels.shape, dtype=np.int16)
    return np.clip(pixels, 0, 255).astype(np.uint8)


def write_slide(path, seed=0, um=UM):
    """Write a tiled TIFF with two smaller copies and the size of its pixels."""
    pixels = slide_pixels(seed)
    with tifffile.TiffWriter(path) as tiff:
        for level in range(3):
            step = 2**level
            tiff.write(
                pixels[::step, ::step],
                tile=(256, 256),
                photometric="rgb",
                compression="zlib",
                subfiletype=1 if level else 0,
                resolution=(1e4 / (um * step), 1e4 / (um * step)),
                resolutionunit="CENTIMETER",
            )
    return path


def ring(box):
    """The closed ring of a box, as GeoJSON has it."""
    left, top, right, bottom = box
    return [[left, top], [right, top], [right, bottom], [left, bottom], [left, top]]


def feature(name, rings, kind="annotation"):
    properties = {"objectType": kind, "classification": {"name": name, "color": [200, 0, 0]}}
    if name is None:
        del properties["classification"]
    geometry = {"type": "Polygon", "coordinates": rings}
    return {"type": "Feature", "id": "1", "geometry": geometry, "properties": properties}


def write_geojson(path, features):
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def image_scope_region(corners, negative=0, kind=0):
    vertices = "".join(f'<Vertex X="{x}" Y="{y}" Z="0"/>' for x, y in corners)
    return f'<Region Id="1" Type="{kind}" NegativeROA="{negative}"><Vertices>{vertices}</Vertices></Region>'


def write_image_scope(path, layers):
    """Layers as name and text of regions."""
    body = "".join(
        f'<Annotation Id="{number}" Name="{name}" Visible="1"><Regions>{regions}</Regions></Annotation>'
        for number, (name, regions) in enumerate(layers, start=1)
    )
    path.write_text(f'<Annotations MicronsPerPixel="{UM}">{body}</Annotations>')
    return path


def write_study(folder, patients=6):
    """Slides of patients with both kinds annotated, odd ones by ImageScope; return the sheet."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["path,patient,annotation"]
    for number in range(patients):
        write_slide(folder / f"{number}.tif", number)
        if number % 2:
            layers = [
                ("Viable", image_scope_region(ring(VIABLE)[:4])),
                ("Necrosis", image_scope_region(ring(NECROTIC)[:4])),
            ]
            annotation = write_image_scope(folder / f"{number}.xml", layers)
        else:
            features = [feature("Viable", [ring(VIABLE)]), feature("Necrosis", [ring(NECROTIC)])]
            annotation = write_geojson(folder / f"{number}.geojson", features)
        lines.append(f"{number}.tif,P{number},{annotation.name}")
    (folder / "slides.csv").write_text("\n".join(lines) + "\n")
    return folder / "slides.csv"
