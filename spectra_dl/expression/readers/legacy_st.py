"""Sections of the first Spatial Transcriptomics arrays: a table of counts, a spot file and a picture.

The arrays have a pitch of 200 µm and spots of 100 µm (Ståhl et al. 2016, doi 10.1126/science.aaf2403).
"""

from pathlib import Path

import numpy as np

from spectra_dl.errors import DataError
from spectra_dl.expression.image import open_image
from spectra_dl.expression.readers.source import SectionSource, find_picture, spot_reasons
from spectra_dl.expression.section import FloatArray, TissueSection, pitch_of, text_array

_PITCH_UM, _SPOT_UM = 200.0, 100.0
_SPOT_COLUMNS = {"x", "y", "pixel_x", "pixel_y"}
_MOST_TILT = 0.05


def read_legacy_st(source: SectionSource) -> TissueSection:
    """Read one section; counts and spots are joined on ``XxY``.

    Raises
    ------
    DataError
        A table can't be read, no spot stands in both, counts are not whole numbers from 0, or the pitch differs between x and y.
    """
    import pandas as pd
    from scipy.sparse import csr_matrix

    counts, spots = _table(source.path, index=True), _spot_table(_spot_path(source))
    for what, table in (("counts", counts.index), ("spots", spots.index), ("genes", counts.columns)):
        if table.has_duplicates:
            twice = str(table[table.duplicated()][0])
            raise DataError(f"{source.path.name}: {what} named {twice!r:.60} stand twice; make them unique")
    both = [name for name in counts.index if name in spots.index]
    if not both:
        raise DataError(
            f"{source.path.name}: none of {len(counts)} spots stands in the spot file; is it another section's?"
        )
    spots, counts = spots.loc[both], counts.loc[both]
    texts = counts.select_dtypes(exclude="number").columns
    counts[texts] = counts[texts].apply(pd.to_numeric, errors="coerce")
    matrix = counts.to_numpy(dtype=np.float64)
    _check_counts(matrix, source.path)
    image = open_image(find_picture(source, _picture_folders(source), [source.stem]))
    pixel = spots[["pixel_x", "pixel_y"]].to_numpy(dtype=np.float64)
    per_pixel, said = _um_per_pixel(spots[["x", "y"]].to_numpy(dtype=np.float64), pixel, source)
    lost = len(spots.attrs.get("all", both)) - len(both)
    return TissueSection(
        name=source.stem,
        patient=source.patient,
        image=image,
        um_per_pixel=per_pixel,
        um_per_pixel_source=said,
        barcode=text_array(both),
        position_um=pixel * per_pixel,
        reason=spot_reasons(pixel, matrix.sum(axis=1), image, source.stem),
        counts=csr_matrix(matrix),
        gene=text_array(counts.columns),
        symbol=None,
        spot_diameter_um=_SPOT_UM,
        spot_pitch_um=pitch_of(pixel) * per_pixel,
        notes=(f"{source.stem}: {per_pixel:.4g} µm per pixel, {said}", *_lost(source.stem, lost)),
    )


def looks_like_legacy_st(first_line: str) -> bool:
    """Say whether a table's first line is that of genes without a name over the spots' column."""
    cells = first_line.rstrip("\r\n").split("\t")
    return len(cells) > 10 and cells[0].strip() in ("", "spot", "Unnamed: 0")


def _spot_path(source: SectionSource) -> Path:
    folder, name = source.path.parent, source.stem
    usual = [
        folder.parent / "spotfiles" / f"{name}_selection.tsv",
        folder / f"{name}_selection.tsv",
        folder / f"alignment_table_{name}.tsv",
    ]
    found = [source.spots] if source.spots else [path for path in usual if path.is_file()]
    if not found:
        raise DataError(
            f"{source.path.name}: no spot file (looked for {', '.join(path.name for path in usual)}); name it in the column spots"
        )
    return found[0]


def _picture_folders(source: SectionSource) -> list[Path]:
    return [source.path.parent, source.path.parent.parent / "images"]


def _table(path: Path, *, index: bool) -> "pd.DataFrame":  # type: ignore[name-defined]  # noqa: F821
    import pandas as pd

    try:
        table = pd.read_csv(path, sep="\t", index_col=0 if index else None, dtype=str if not index else None)
    except (ValueError, OSError, EOFError) as err:
        raise DataError(f"{path.name}: can't be read as a tab-separated table ({str(err)[:120]})") from err
    table.index = table.index.astype(str)
    return table


def _spot_table(path: Path) -> "pd.DataFrame":  # type: ignore[name-defined]  # noqa: F821
    import pandas as pd

    spots = _table(path, index=False)
    if missing := _SPOT_COLUMNS - set(spots.columns):
        raise DataError(
            f"{path.name}: a spot file has columns {', '.join(sorted(_SPOT_COLUMNS))}; {', '.join(sorted(missing))} is missing"
        )
    if "selected" in spots.columns:
        spots = spots[pd.to_numeric(spots["selected"], errors="coerce") == 1]
    spots = spots.set_index(spots["x"].str.strip() + "x" + spots["y"].str.strip())
    numbers = spots[sorted(_SPOT_COLUMNS)].apply(pd.to_numeric, errors="coerce")
    numbers.attrs["all"] = list(numbers.index)
    return numbers


def _check_counts(matrix: FloatArray, path: Path) -> None:
    wrong = ~np.isfinite(matrix) | (matrix < 0) | (matrix != np.rint(matrix))
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        raise DataError(
            f"{path.name} line {row + 2}, gene {column + 1}: {matrix[row, column]} is no count; bring raw counts, whole numbers from 0"
        )


def _um_per_pixel(array: FloatArray, pixel: FloatArray, source: SectionSource) -> tuple[float, str]:
    """Return µm per pixel from what a person said, or from the pixels between neighbouring array positions."""
    if source.um_per_pixel is not None:
        return source.um_per_pixel, "as given"
    known = np.isfinite(pixel).all(axis=1)
    steps = [abs(float(np.polyfit(array[known, axis], pixel[known, axis], 1)[0])) for axis in (0, 1)]
    if min(steps) <= 0 or abs(steps[0] - steps[1]) > _MOST_TILT * max(steps):
        raise DataError(
            f"{source.path.name}: neighbouring spots are {steps[0]:.4g} pixels apart in x and {steps[1]:.4g} in y; say --mpp, or correct the spot file"
        )
    return _PITCH_UM / float(np.mean(steps)), f"from the array's pitch of {_PITCH_UM:g} µm"


def _lost(name: str, count: int) -> list[str]:
    return [f"{name}: {count} selected spots have no line of counts and are left out"] if count > 0 else []
