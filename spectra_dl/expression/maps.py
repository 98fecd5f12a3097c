"""Predicted expression as files: an AnnData that scanpy plots, and images of the best genes."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.arrays import FloatArray, TextArray
from spectra_dl.evaluation.profiles.metrics import pearson_per_column
from spectra_dl.expression.genes import gene_key, log_normalise
from spectra_dl.expression.predictor import ExpressionPredictor
from spectra_dl.expression.section import TissueSection
from spectra_dl.imaging.image import Pixels
from spectra_dl.storage.atomic import whole_path
from spectra_dl.storage.figure_file import write_figure

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_LONGEST_SIDE = 1200


def write_h5ad(
    path: str | os.PathLike[str],
    section: TissueSection,
    values: FloatArray,
    *,
    flags: TextArray,
    predictor: ExpressionPredictor,
    provenance: Mapping[str, str],
) -> None:
    """Write predictions ``(n, g)`` as AnnData: every spot of the section in its order, positions in full-resolution pixels.

    ``X`` holds log(1 + counts per 10,000), NaN for spots that could not be predicted; ``var`` holds each gene's expected correlation.

    Parameters
    ----------
    path
        The ``.h5ad``, replaced if it exists.
    section
        The section and all its spots.
    values
        ``(n, g)`` predicted log(1 + counts per 10,000).
    flags
        ``(n,)`` what is wrong with the image under a spot, empty where nothing is; such spots are ``warned``.
    predictor
        The model, whose header names the genes.
    provenance
        Texts for ``uns["spectra_dl"]``.

    Raises
    ------
    EnvironmentFault
        The file can't be written.
    """
    import anndata
    import pandas as pd

    genes = predictor.header.input.genes
    expected = [np.nan if gene.pearson is None else gene.pearson for gene in genes]
    ceiling = [np.nan if gene.ceiling is None else gene.ceiling for gene in genes]
    table = anndata.AnnData(
        X=values.astype(np.float32),
        obs=pd.DataFrame(
            {
                "status": [
                    "refused" if np.isnan(row[0]) else "warned" if flag else "ok"
                    for row, flag in zip(values, flags, strict=True)
                ],
                "reason": [str(reason or flag) for reason, flag in zip(section.reason, flags, strict=True)],
            },
            index=[str(barcode) for barcode in section.barcode],
        ),
        var=pd.DataFrame(
            {
                "expected_pearson": expected,
                "noise_ceiling": ceiling,
                "do_not_use": [not gene.usable for gene in genes],
            },
            index=[gene.name for gene in genes],
        ),
    )
    table.obsm["spatial"] = section.position_um / section.um_per_pixel
    table.uns["spectra_dl"] = dict(provenance)
    table.uns["spatial"] = {section.name: _image(section)}
    with whole_path(path) as temporary:
        table.write_h5ad(temporary)


def write_maps(
    folder: Path,
    section: TissueSection,
    genes: Sequence[str],
    values: FloatArray,
    measured: FloatArray | None,
) -> list[str]:
    """Draw maps of genes, next to the measured ones where there are any, and return the files' names.

    Parameters
    ----------
    folder
        An existing folder.
    section
        The section and all its spots.
    genes
        ``k`` names of the columns.
    values
        ``(n, k)`` predicted log(1 + counts per 10,000).
    measured
        ``(n, k)`` the same, measured; None where nothing was.

    Raises
    ------
    EnvironmentFault
        A file can't be written.
    """
    image = section.image.thumbnail(_LONGEST_SIDE)
    names = _file_names(genes)
    for at, (gene, name) in enumerate(zip(genes, names, strict=True)):
        measured_gene = None if measured is None else measured[:, at]
        _draw(folder / name, section, image, gene, predicted=values[:, at], measured=measured_gene)
    return names


def measured_values(section: TissueSection, genes: list[str]) -> FloatArray | None:
    """Return ``(n, g)`` measured log(1 + counts per 10,000) of named genes; None without counts.

    Parameters
    ----------
    section
        The section and all its spots.
    genes
        Ensembl ids or symbols.

    Returns
    -------
    FloatArray or None
        NaN where the gene or the spot was not counted.
    """
    if section.counts is None or section.gene is None:
        return None
    library = np.asarray(section.counts.sum(axis=1), dtype=np.float64).ravel()
    rows = np.flatnonzero(library > 0)
    selector = _columns_of(section.gene, section.symbol, genes)
    known = np.flatnonzero(np.asarray(selector.sum(axis=0)).ravel())
    values = np.full((len(section), len(genes)), np.nan)
    values[rows[:, None], known] = log_normalise((section.counts[rows] @ selector)[:, known], library[rows])
    return values


def agreement(values: FloatArray, measured: FloatArray) -> FloatArray:
    """Return ``(g,)`` Pearson correlations of predicted and measured values over the spots that have both.

    Parameters
    ----------
    values, measured
        ``(n, g)`` log(1 + counts per 10,000), NaN where unknown.
    """
    rows = np.isfinite(values).all(axis=1) & np.isfinite(measured).any(axis=1)
    return pearson_per_column(values[rows], np.nan_to_num(measured[rows]))


def _columns_of(gene: TextArray, symbol: TextArray | None, asked: Sequence[str]) -> "csr_matrix":
    """Return the ``(genes, asked)`` matrix of ones that adds up all counts under a name, as training does."""
    from scipy.sparse import csr_matrix

    by_id: dict[str, list[int]] = {}
    by_symbol: dict[str, list[int]] = {}
    for row, (identifier, name) in enumerate(zip(gene, gene if symbol is None else symbol, strict=True)):
        by_id.setdefault(gene_key(str(identifier)), []).append(row)
        by_symbol.setdefault(str(name or identifier), []).append(row)
    rows_of = by_symbol | by_id
    pairs = [(row, column) for column, name in enumerate(asked) for row in rows_of.get(name, [])]
    ends = np.array(pairs, dtype=np.intp).reshape(-1, 2).T
    return csr_matrix((np.ones(len(pairs)), (ends[0], ends[1])), shape=(len(gene), len(asked)))


def _file_names(genes: Sequence[str]) -> list[str]:
    """Return a file name for each gene, all distinct also where case is ignored."""
    names: list[str] = []
    for gene in genes:
        safe = "".join(
            letter if letter.isascii() and (letter.isalnum() or letter in "-.") else "_" for letter in gene
        )[:80]
        taken = {name.lower() for name in names}
        tries = (f"map_{safe}{'' if at == 1 else f'_{at}'}.png" for at in range(1, len(genes) + 1))
        names.append(next(name for name in tries if name.lower() not in taken))
    return names


def _image(section: TissueSection) -> dict[str, object]:
    pixels, scale = section.image.thumbnail(_LONGEST_SIDE)
    diameter = (section.spot_diameter_um or 0.5 * (section.spot_pitch_um or 100.0)) / section.um_per_pixel
    factors = {"tissue_hires_scalef": scale, "spot_diameter_fullres": diameter}
    return {"images": {"hires": pixels}, "scalefactors": factors}


def _draw(
    path: Path,
    section: TissueSection,
    image: tuple[Pixels, float],
    gene: str,
    *,
    predicted: FloatArray,
    measured: FloatArray | None,
) -> None:
    from matplotlib.figure import Figure

    pixels, scale = image
    panels = [("H&E", None), (f"{gene}, predicted", predicted)]
    panels += [] if measured is None else [(f"{gene}, measured", measured)]
    figure = Figure(figsize=(4.6 * len(panels), 4.6), layout="constrained")
    place = section.position_um / section.um_per_pixel * scale
    for axes, (title, values) in zip(figure.subplots(1, len(panels)), panels, strict=True):
        axes.imshow(pixels, alpha=1.0 if values is None else 0.35)
        axes.set_title(title)
        axes.set_axis_off()
        if values is not None:
            points = axes.scatter(place[:, 0], place[:, 1], c=values, s=22, cmap="viridis", linewidths=0)
            figure.colorbar(points, ax=axes, shrink=0.7, label="log(1 + counts per 10,000)")
    write_figure(path, figure)
