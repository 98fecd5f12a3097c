"""The JSON file beside an .h5ad in HEST's layout."""

from dataclasses import dataclass
from pathlib import Path

from spectra_dl.expression.readers.pixel_size import PixelSize
from spectra_dl.expression.readers.scale_factors import positive, read_json
from spectra_dl.expression.readers.source import SectionSource, usual_files

_PIXEL = ("pixel_size_um_estimated", "pixel_size_um_embedded", "um_per_pixel")


@dataclass(frozen=True)
class HestMetadata:
    """What HEST's metadata state of a section; None where they don't."""

    pixel: PixelSize | None = None
    pitch_um: float | None = None
    diameter_um: float | None = None
    patient: str | None = None
    files: tuple[Path, ...] = ()


def hest_metadata(source: SectionSource) -> HestMetadata:
    """Read ``NAME.json`` beside a file or in ``../metadata``; all None where there is none.

    Raises
    ------
    DataError
        It is no JSON, or a size in it is impossible.
    """
    folder, stems = source.path.parent, dict.fromkeys((source.stem, source.path.stem))
    paths = usual_files([folder, folder.parent / "metadata"], [f"{stem}.json" for stem in stems])
    if not paths:
        return HestMetadata()
    stated, where = read_json(paths[0]), paths[0].name
    # The first that stands there: HEST estimates the size from the array, and what the image embeds is often wrong.
    sizes = [
        PixelSize(size, f"from {name} in {where}")
        for name in _PIXEL
        if (size := positive(stated, name, where)) is not None
    ]
    patient = stated.get("patient")
    return HestMetadata(
        pixel=sizes[0] if sizes else None,
        pitch_um=positive(stated, "inter_spot_dist", where),
        diameter_um=positive(stated, "spot_diameter", where),
        patient=patient.strip() or None if isinstance(patient, str) else None,
        files=(paths[0],),
    )
