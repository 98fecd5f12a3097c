"""One section in an AnnData file, as scanpy and squidpy write it or in HEST's layout."""

from dataclasses import dataclass

import numpy as np

from spectra_dl.arrays import FloatArray
from spectra_dl.errors import DataError
from spectra_dl.expression.readers.anndata_files.content import SpotContent, read_content
from spectra_dl.expression.readers.anndata_files.hest_metadata import HestMetadata, hest_metadata
from spectra_dl.expression.readers.anndata_files.section_image import (
    MeasuredSpots,
    SectionImage,
    section_image,
)
from spectra_dl.expression.readers.anndata_files.spatial_metadata import SpatialMetadata, spatial_metadata
from spectra_dl.expression.readers.anndata_files.tables import read_table
from spectra_dl.expression.readers.array_pitch import array_pixel_size, pitch_pixel_size
from spectra_dl.expression.readers.pixel_size import PixelSize, agreed_pixel_size, differ
from spectra_dl.expression.readers.source import SectionSource, refuse_far
from spectra_dl.expression.readers.stored.opened import opened_anndata
from spectra_dl.expression.readers.tenx.space_ranger import PITCH_UM, SPOT_UM, spot_pixel_size
from spectra_dl.expression.readers.written_sizes import image_notes, written_pixel_sizes
from spectra_dl.expression.section import TissueSection, pitch_of


def read_anndata_section(source: SectionSource) -> TissueSection:
    """Read one section whose spots' pixels stand in ``obsm['spatial']`` or in columns of ``obs``.

    Values that are no counts are none: such a section can be predicted on, but has no counts to train on.

    Raises
    ------
    DataError
        The file can't be used, it has no spot positions, or µm per pixel are not known.
    UnsafeError
        A part of it lies elsewhere.
    """
    names = list(dict.fromkeys((source.stem, source.path.stem)))
    with opened_anndata(source.path) as root:
        content = read_content(root, names)
        pixel = content.pixel
        if pixel is None:
            raise DataError(_no_positions(read_table(root, "obs").names, source.path.name))
        metadata = spatial_metadata(root, content.library_id, whole=content.whole)
    refuse_far(pixel, source.path.name)
    return _section(source, content, pixel, metadata)


def _no_positions(columns: tuple[str, ...], where: str) -> str:
    """Return the refusal of spots without positions, with the line that takes them from columns whose unit nobody states."""
    plain = {name.lower(): name for name in columns}
    pairs = (("x", "y"), ("x_centroid", "y_centroid"), ("x_coord", "y_coord"), ("xcoord", "ycoord"))
    pair = next(([plain[name] for name in names] for names in pairs if set(names) <= set(plain)), None)
    if pair is None:
        return f"{where}: no obsm['spatial'] and no pixel columns in obs; bring the spots' positions"
    return (
        f"{where}: no obsm['spatial']; obs has {pair[0]!r:.40} and {pair[1]!r:.40}, whose unit is not stated. If they are full-resolution pixels, write: "
        f"adata.obsm['spatial'] = adata.obs[{pair!r:.80}].to_numpy()"
    )


def _section(
    source: SectionSource, content: SpotContent, pixel: FloatArray, metadata: SpatialMetadata | None
) -> TissueSection:
    hest = hest_metadata(source)
    values, counts = content.values, content.counts
    spots = MeasuredSpots(content.barcode, pixel, content.per_spot, content.array.in_tissue)
    image = section_image(source, metadata, spots)
    sizes = _sizes(source, content, pixel, _Stated(metadata or SpatialMetadata(), hest, image))
    full = sizes.size.um_per_pixel
    patient, patient_notes = patient_of(source, content, hest)
    notes = [
        f"{full:.4g} µm per pixel of the full image, {sizes.size.source}",
        *value_notes(content),
        *content.notes,
        *sizes.notes,
        *image.notes,
        *patient_notes,
    ]
    named = (*(f"{source.stem}: {note}" for note in notes), *image_notes(image.image))
    return TissueSection(
        name=source.stem,
        patient=patient,
        image=image.image,
        um_per_pixel=full / image.scale,
        um_per_pixel_source=sizes.size.source,
        barcode=content.barcode,
        position_um=pixel * full,
        reason=image.reason,
        counts=None if counts is None else counts.matrix,
        gene=None if values is None else values.gene,
        symbol=None if values is None else values.symbol,
        spot_diameter_um=sizes.diameter_um,
        spot_pitch_um=sizes.pitch_um,
        notes=named,
        files=(*hest.files, image.image.path),
        full_um_per_pixel=full,
        array=content.array,
        library_id=content.library_id,
    )


@dataclass(frozen=True, eq=False)
class _Stated:
    """What states the size of a pixel besides the spots themselves."""

    metadata: SpatialMetadata
    hest: HestMetadata
    image: SectionImage

    def sizes(self, given: float | None) -> list[PixelSize | None]:
        """Return the statements, the surest first."""
        field, estimate = self.metadata.um_per_pixel, self.hest.pixel
        stated = [
            estimate,
            None if field is None else PixelSize(field, "from microns_per_pixel in uns['spatial']"),
        ]
        # HEST estimates the size since what images embed is often wrong.
        return [*stated, *(self.written(given) if estimate is None else ())]

    def written(self, given: float | None) -> list[PixelSize]:
        """Return what the image's own fields state."""
        return written_pixel_sizes(self.image.image, given=given, image_scale=self.image.scale)

    def notes(self) -> list[str]:
        """Return what HEST's estimate overrules."""
        estimate = self.hest.pixel
        others = [] if estimate is None else self.written(estimate.um_per_pixel)
        return [
            f"{other.um_per_pixel:.4g} µm per pixel {other.source} differ, and HEST's estimate is used"
            for other in others
            if estimate is not None and differ(estimate, other)
        ]


@dataclass(frozen=True)
class _Sizes:
    """Size of a pixel, distance and diameter of spots in µm, and notes."""

    size: PixelSize
    pitch_um: float | None
    diameter_um: float | None
    notes: tuple[str, ...]


def _sizes(
    source: SectionSource,
    content: SpotContent,
    pixel: FloatArray,
    stated: _Stated,
) -> _Sizes:
    metadata, hest = stated.metadata, stated.hest
    where = source.path.name
    array, notes = array_pixel_size(pixel, content.array, metadata.bin_um or hest.pitch_um, where)
    neighbours = None if metadata.bin_um else pitch_pixel_size(pixel, metadata.spot_diameter_px)
    measured = array or neighbours
    given = source.um_per_pixel
    visium = measured is not None and not metadata.bin_um and not hest.pitch_um
    by_spots = spot_pixel_size(metadata.spot_diameter_px) if visium else None
    size, differing = agreed_pixel_size(given, [measured, *stated.sizes(given), by_spots], where)
    pitch = pitch_of(pixel) * size.um_per_pixel
    diameter = metadata.spot_diameter_px
    return _Sizes(
        size=size,
        pitch_um=metadata.bin_um
        or hest.pitch_um
        or (PITCH_UM if visium else pitch if np.isfinite(pitch) and pitch > 0 else None),
        diameter_um=metadata.bin_um
        or hest.diameter_um
        or (SPOT_UM if visium else diameter * size.um_per_pixel if diameter else None),
        notes=(*notes, *stated.notes(), *differing),
    )


def value_notes(content: SpotContent) -> list[str]:
    """Return what is to be said of a section's values: that there are none, or none that are counts."""
    values = content.values
    if values is None:
        return ["the file has no values of genes, and so no counts"]
    if values.whole:
        return []
    if values.flaw:
        return [f"{content.place} is not taken as counts: {values.flaw}; put raw counts into layers/counts"]
    largest = float(values.matrix.max()) if values.matrix.nnz else 0.0
    return [
        f"{content.place} holds values that are no whole numbers from 0 ({values.first_wrong}; largest {largest:.3g}), as after log-normalising or "
        "scaling; they are not taken as counts, put raw counts into layers/counts"
    ]


def patient_of(
    source: SectionSource, content: SpotContent, hest: HestMetadata
) -> tuple[str | None, list[str]]:
    """Return a section's patient as a person or its files state it, and a note.

    Parameters
    ----------
    source
        What a person states.
    content
        What the file states of its spots.
    hest
        What HEST's metadata state.

    Raises
    ------
    DataError
        Its spots belong to several patients, or some of them to one and some to nobody.
    """
    if source.patient is not None:
        return source.patient, []
    stated = [] if content.patient is None else content.patient.tolist()
    patients = set(stated) - {""}
    if len(patients) > 1:
        raise DataError(
            f"{source.path.name}: its spots belong to {len(patients)} patients, {', '.join(sorted(patients)[:3])!r:.60} among them; write one file for each section"
        )
    if patients and (gone := stated.count("")):
        raise DataError(
            f"{source.path.name}: {gone} of its {len(stated)} spots name no patient, the others {patients.pop()!r:.60}; fill in whose they are, or name the patient "
            "in the sheet"
        )
    patient = next(iter(patients), None) or hest.patient
    return patient, [f"patient {patient!r:.60} as its file says"] if patient else []
