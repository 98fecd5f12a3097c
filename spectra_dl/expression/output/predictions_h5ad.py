"""Predictions as AnnData in the frame of the input, which scanpy and squidpy take as it is."""

import os
from typing import TYPE_CHECKING

import numpy as np

from spectra_dl.expression.output.frame import library_entry
from spectra_dl.expression.output.measured import total_counts
from spectra_dl.expression.output.prediction import SectionPrediction
from spectra_dl.storage.atomic import whole_path
from spectra_dl.storage.text.storable import distinct, storable, storable_key

if TYPE_CHECKING:
    from anndata import AnnData
    from pandas import DataFrame, Index


def predictions_table(prediction: SectionPrediction) -> "AnnData":
    """Return predictions as AnnData: every spot of the input in its order, genes by symbol, positions in full-resolution pixels.

    ``X`` holds log(1 + counts per 10,000), NaN for refused spots; ``layers["measured"]`` the same of the counts where there are any,
    ``layers["measured_counts"]`` the counts.
    """
    import anndata

    section = prediction.section
    table = anndata.AnnData(
        X=prediction.values.astype(np.float32), obs=_spots(prediction), var=_genes(prediction)
    )
    for name, values in (("measured", prediction.measured), ("measured_counts", prediction.counts)):
        if values is not None:
            table.layers[name] = values.astype(np.float32)
    table.obsm["spatial"] = section.full_pixel
    # The base of `log1p` is e; scanpy's rank_genes_groups asks for the entry.
    table.uns["log1p"] = {"base": None}
    table.uns["spectra_dl"] = {name: storable(text) for name, text in prediction.provenance.items()}
    table.uns["spatial"] = {storable_key(section.library_id or section.name): library_entry(prediction)}
    return table


def write_h5ad(path: str | os.PathLike[str], prediction: SectionPrediction) -> None:
    """Write predictions as ``.h5ad``; see `predictions_table`.

    Parameters
    ----------
    path
        Replaced if it exists.
    prediction
        Of a section.

    Raises
    ------
    EnvironmentFault
        The file can't be written.
    """
    table = predictions_table(prediction)
    with whole_path(path) as temporary:
        table.write_h5ad(temporary, compression="gzip")


def _spots(prediction: SectionPrediction) -> "DataFrame":
    import pandas as pd

    section, array = prediction.section, prediction.section.array
    columns: dict[str, object] = {
        "in_tissue": prediction.in_tissue,
        "status": _category(prediction.status),
        "reason": _category(prediction.reason),
    }
    for name, values in (("array_row", array.row), ("array_col", array.column)):
        if values is not None:
            columns[name] = values
    if (totals := total_counts(section)) is not None:
        columns["total_counts"] = totals
    return pd.DataFrame(columns, index=_index(list(section.barcode)))


def _genes(prediction: SectionPrediction) -> "DataFrame":
    import pandas as pd

    genes = prediction.genes
    columns = {
        "gene_ids": pd.Series(
            _texts([gene.name for gene in genes]), dtype=object, index=_index(list(prediction.names))
        ),
        "expected_pearson": prediction.expected,
        "noise_ceiling": [np.nan if gene.ceiling is None else gene.ceiling for gene in genes],
        "do_not_use": [not gene.usable for gene in genes],
    }
    return pd.DataFrame(columns, index=_index(list(prediction.names)))


def _index(names: list[str]) -> "Index[str]":
    import pandas as pd

    index: Index[str] = pd.Index(_texts(distinct([storable(str(name)) for name in names])), dtype=object)
    return index


def _category(words: list[str]) -> object:
    import pandas as pd

    return pd.Categorical(_texts([storable(word) for word in words]))


def _texts(words: list[str]) -> np.ndarray:
    """Return text as objects: pandas 3 would make it a type that older versions of anndata can't read."""
    return np.array([storable(word) for word in words], dtype=object)
