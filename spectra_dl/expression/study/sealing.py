"""What a protocol seals of tissue sections and their expression."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.errors import DataError
from spectra_dl.evaluation.protocol.sealable import Sealable, SealedWords, digest_of_cells, digest_of_numbers
from spectra_dl.evaluation.protocol.sealed_plan import SealedData
from spectra_dl.expression.section import TissueSection

if TYPE_CHECKING:
    from spectra_dl.expression.slides.bulk_table import BulkTable

_WORDS = SealedWords("sections", "profiles from elsewhere: counts of spots are not those of --bulk")


def sealable(
    sections: Sequence[TissueSection], options: Mapping[str, object], bulk: "BulkTable | None" = None
) -> Sealable:
    """Return what a protocol knows of sections: pictures, spots and counts of each patient.

    Counts of spots are sealed with the spots, since files hold both; profiles of a table are an outcome that may come later.

    Parameters
    ----------
    sections
        With patients, as they will be evaluated.
    options
        Of the evaluation: ``split_by``, the batches of which are left out one at a time.
    bulk
        Profiles of patients that are predicted in place of counts.

    Raises
    ------
    DataError
        Nobody says which patient a section is of, or it has no counts and no table has its profile.
    """
    own: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    order: list[str] = []
    for section in sections:
        if section.patient is None:
            raise DataError(
                f"nobody says which patient section {section.name!r:.80} is of; add a column patient to the sheet"
            )
        if section.counts is None and bulk is None:
            raise DataError(
                f"section {section.name!r:.80} has no counts, so nothing of it can be predicted or sealed; name them in the sheet, or leave the section out"
            )
        own[section.patient].append(tuple(section_cells(section)))
        order += (section.name, section.patient)
    data = SealedData(
        rows=len(sections),
        axis=digest_of_cells(["counts" if bulk is None else "bulk"]),
        order=digest_of_cells(order),
        groups=None
        if options.get("split_by") is None
        else digest_of_cells(section.batch or "" for section in sections),
        patients={
            name: digest_of_cells(cell for each in sorted(cells) for cell in each)
            for name, cells in own.items()
        },
    )
    return Sealable(data, tuple(_outcome(sections, bulk)), _WORDS)


def section_cells(section: TissueSection) -> Iterator[str]:
    """Yield of a section its name, scale, picture, spots and counts, as text and digests.

    Parameters
    ----------
    section
        Any.
    """
    yield section.name
    yield repr((section.um_per_pixel, section.spot_diameter_um, section.spot_pitch_um))
    yield section.image.sha256()
    yield digest_of_cells(map(str, section.barcode))
    yield digest_of_cells(map(str, section.reason))
    yield digest_of_numbers(section.position_um)
    yield _counts(section)


def _counts(section: TissueSection) -> str:
    """Return the digest of a section's genes and counts; empty where it has none."""
    if section.counts is None:
        return ""
    counts = section.counts.tocsr(copy=True)
    counts.sum_duplicates()
    counts.eliminate_zeros()
    parts = [digest_of_numbers(np.asarray(each)) for each in (counts.data, counts.indices, counts.indptr)]
    return digest_of_cells([*parts, *map(str, () if section.gene is None else section.gene)])


def _outcome(sections: Sequence[TissueSection], bulk: "BulkTable | None") -> Iterator[str]:
    if bulk is None:
        yield from map(_counts, sections)
        return
    yield from map(str, bulk.patient)
    yield from map(str, bulk.gene)
    yield digest_of_numbers(bulk.values)
