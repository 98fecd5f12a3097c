"""One section in an AnnData file, as scanpy and squidpy write it or in HEST's layout."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.arrays import FloatArray, TextArray
from spectra_dl.errors import DataError
from spectra_dl.expression.readers.anndata_files.h5ad import number_column, read_counts, text_column
from spectra_dl.expression.readers.anndata_files.h5ad_image import (
    MeasuredSpots,
    SpatialMetadata,
    section_image,
)
from spectra_dl.expression.readers.scale_factors import positive, read_json
from spectra_dl.expression.readers.source import SectionSource, refuse_far, usual_files
from spectra_dl.expression.readers.tenx.space_ranger import PITCH_UM, SPOT_UM
from spectra_dl.expression.section import TissueSection, pitch_of
from spectra_dl.storage.hdf5_checks import check_size, opened_hdf5, stored_dataset, stored_object

if TYPE_CHECKING:
    import h5py

_PIXEL_COLUMNS = (("x_pixel", "y_pixel"), ("pxl_col_in_fullres", "pxl_row_in_fullres"))
_HEST_PIXEL = ("pixel_size_um_estimated", "pixel_size_um_embedded", "um_per_pixel")
_PATIENTS = ("patient", "patient_id")
_VISIUM_PITCH = (1.3, 2.1)  # pitch per spot diameter: 100 µm by 65 µm, in some files by 55 µm


def read_h5ad_section(source: SectionSource) -> TissueSection:
    """Read one section whose spots' pixels stand in ``obsm['spatial']`` or in columns of ``obs``.

    Values that are no whole numbers are no counts: such a section can be predicted on, but has no counts to train on.

    Raises
    ------
    DataError
        The file can't be used, it has no spot positions, or µm per pixel are not known.
    UnsafeError
        A part of it lies in another file.
    """
    path, name = source.path, source.stem
    with opened_hdf5(path, path.name) as file:
        counts, place = read_counts(file, path.name)
        pixel = _pixels(file, path.name, len(counts.barcode))
        refuse_far(pixel, path.name)
        patients = [text_column(file, "obs", column, path.name) for column in _PATIENTS]
        metadata = _spatial_metadata(file, path.name)
    hest = _hest_metadata(source)
    scale, stated_by = _um_per_pixel(source, hest, metadata, pixel)
    notes = [f"{name}: {scale:.4g} µm per pixel of the full image, {stated_by}"]
    if not counts.whole:
        notes.append(
            f"{name}: {place} holds values that are no whole numbers (largest {counts.matrix.max():.3g}), as after log-normalising; they are not "
            "taken as counts, put raw counts into layers/counts"
        )
    per_spot = counts.per_spot if counts.whole else np.where(counts.missing, np.nan, 1.0)
    image, ratio, reason = section_image(source, metadata, MeasuredSpots(counts.barcode, pixel, per_spot))
    patient, patient_notes = _patient(source, patients, hest)
    return TissueSection(
        name=name,
        patient=patient,
        image=image,
        um_per_pixel=scale / ratio,
        um_per_pixel_source=stated_by,
        barcode=counts.barcode,
        position_um=pixel * scale,
        reason=reason,
        counts=counts.matrix if counts.whole else None,
        gene=counts.gene,
        symbol=counts.symbol,
        spot_diameter_um=hest.diameter_um or (SPOT_UM if metadata else None),
        spot_pitch_um=hest.pitch_um or (PITCH_UM if metadata else _pitch(pixel, scale)),
        notes=(*notes, *patient_notes),
        files=(*hest.files, image.path),
    )


@dataclass(frozen=True)
class _HestMetadata:
    """What HEST's metadata state of a section; None where they don't."""

    um_per_pixel: float | None = None
    source: str = ""
    pitch_um: float | None = None
    diameter_um: float | None = None
    patient: str | None = None
    files: tuple[Path, ...] = ()


def _hest_metadata(source: SectionSource) -> _HestMetadata:
    folder, stems = source.path.parent, dict.fromkeys((source.stem, source.path.stem))
    paths = usual_files([folder, folder.parent / "metadata"], [f"{stem}.json" for stem in stems])
    if not paths:
        return _HestMetadata()
    stated, where = read_json(paths[0]), paths[0].name
    sizes = {name: positive(stated, name, where) for name in _HEST_PIXEL}
    name = next((field for field in _HEST_PIXEL if sizes[field] is not None), None)
    patient = stated.get("patient")
    return _HestMetadata(
        um_per_pixel=sizes[name] if name else None,
        source=f"from {name} in {where}" if name else "",
        pitch_um=positive(stated, "inter_spot_dist", where),
        diameter_um=positive(stated, "spot_diameter", where),
        patient=patient.strip() or None if isinstance(patient, str) else None,
        files=(paths[0],),
    )


def _um_per_pixel(
    source: SectionSource, hest: _HestMetadata, metadata: SpatialMetadata | None, pixel: FloatArray
) -> tuple[float, str]:
    if source.um_per_pixel is not None:
        return source.um_per_pixel, "as given"
    if hest.um_per_pixel is not None:
        return hest.um_per_pixel, hest.source
    if metadata and metadata.um_per_pixel is not None:
        return metadata.um_per_pixel, "from microns_per_pixel in uns['spatial']"
    pitch = pitch_of(pixel)
    diameter = metadata.spot_diameter_px if metadata and metadata.spot_diameter_px else float("nan")
    if _VISIUM_PITCH[0] < pitch / diameter < _VISIUM_PITCH[1]:
        return PITCH_UM / pitch, f"from Visium's pitch of {PITCH_UM:g} µm between neighbouring spots"
    raise DataError(
        f"{source.path.name}: it does not say how many µm a pixel has; say --mpp, or fill in the column mpp"
    )


def _spatial_metadata(file: "h5py.File", where: str) -> SpatialMetadata | None:
    """Return what ``uns['spatial']`` states of its one section; None where it holds none."""
    import h5py

    group = stored_object(file, "uns/spatial", where) if "uns/spatial" in file else None
    names = (
        [key for key in group if isinstance(group[key], h5py.Group)] if isinstance(group, h5py.Group) else []
    )
    if len(names) > 1:
        raise DataError(f"{where}: uns['spatial'] holds {len(names)} sections; write one file for each")
    if not names:
        return None
    key, factors = f"uns/spatial/{names[0]}", {}
    for name in ("spot_diameter_fullres", "microns_per_pixel", "tissue_hires_scalef"):
        if f"{key}/scalefactors/{name}" in file:
            value = stored_dataset(file, f"{key}/scalefactors/{name}", where)
            if value.shape not in ((), (1,)) or value.dtype.kind not in "iuf":
                raise DataError(f"{where}: {name} is no number; write it again")
            factors[name] = positive({name: float(np.ravel(value[()])[0])}, name, where)
    return SpatialMetadata(
        spot_diameter_px=factors.get("spot_diameter_fullres"),
        um_per_pixel=factors.get("microns_per_pixel"),
        hires_scale=factors.get("tissue_hires_scalef"),
        hires=f"{key}/images/hires" if f"{key}/images/hires" in file else None,
    )


def _pixels(file: "h5py.File", where: str, n: int) -> FloatArray:
    if "obsm" in file and "spatial" in file["obsm"]:
        stored = stored_dataset(file, "obsm/spatial", where)
        if stored.ndim != 2 or stored.shape[0] != n or stored.shape[1] < 2 or stored.dtype.kind not in "iuf":
            raise DataError(
                f"{where}: obsm['spatial'] has shape {stored.shape} and type {stored.dtype} for {n} spots; x and y of each are needed"
            )
        check_size(stored, where)
        return np.asarray(stored[:, :2], dtype=np.float64)
    for names in _PIXEL_COLUMNS:
        columns = [number_column(file, "obs", name, where) for name in names]
        if all(column is not None and len(column) == n for column in columns):
            return np.stack([np.asarray(column) for column in columns], axis=1)
    raise DataError(f"{where}: no obsm['spatial'] and no pixel columns in obs; bring the spots' positions")


def _patient(
    source: SectionSource, columns: list[TextArray | None], hest: _HestMetadata
) -> tuple[str | None, list[str]]:
    if source.patient is not None:
        return source.patient, []
    patients = next((set(column) for column in columns if column is not None), set())
    if len(patients) > 1:
        raise DataError(
            f"{source.path.name}: its spots belong to {len(patients)} patients, {', '.join(sorted(patients)[:3])!r:.60} among them; write one file for each section"
        )
    patient = next(iter(patients), None) or hest.patient
    return patient, [f"{source.stem}: patient {patient!r:.60} as its file says"] if patient else []


def _pitch(pixel: FloatArray, um_per_pixel: float) -> float | None:
    pitch = pitch_of(pixel) * um_per_pixel
    return pitch if np.isfinite(pitch) and pitch > 0 else None
