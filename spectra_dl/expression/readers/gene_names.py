"""Columns of a count table that are no genes: metadata of spots, control probes, probes withdrawn from a probe set."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import TextArray

GENE_EXPRESSION = "Gene Expression"
_OTHER_FEATURES = (
    "antibody", "crispr", "custom", "multiplexing", "antigen", "peak", "vdj", "negative control", "codeword", "genomic control", "protein capture",
)  # fmt: skip
_CONTROL = re.compile(
    r"(DEPRECATED_|NegControl(Probe|Codeword)_|UnassignedCodeword_|DeprecatedCodeword_|antisense_|BLANK_|Blank-|Intergenic_Region_|Negative(Control)?\d|SystemControl).*",
)
_METADATA = """
    x y z newx newy pixelx pixely xpixel ypixel newpixelx newpixely imagerow imagecol imagex imagey arrayrow arraycol row col spotrow
    spotcol pxlrowinfullres pxlcolinfullres intissue undertissue isintissue selected insidetissue tissue totalcounts ncounts ngenes
    ngenesbycounts numis numi logtotalcounts log1ptotalcounts log1pngenesbycounts pctcountsmt pctcountsinmt percentmt percentmito
    pctmito totalcountsmt log1ptotalcountsmt pctcountsintop50genes pctcountsintop100genes pctcountsintop200genes
    pctcountsintop500genes ncountspatial nfeaturespatial ncountrna nfeaturerna librarysize sizefactor sizefactors cluster clusters
    leiden louvain seuratclusters label labels annotation celltype region barcode barcodes spot spotid id index unnamed0 cellid sample
    samplename sampleid section sectionid library libraryid slide slideid patient patientid donor donorid batch origident file
    filename tile image doubletscore
"""  # letters and digits alone, as is_metadata compares them
_METADATA_WORDS = frozenset(_METADATA.split())


def is_metadata(column: str) -> bool:
    """Say whether a column of a text table is known as metadata of spots; its letters' case and its signs don't matter.

    Examples
    --------
    >>> is_metadata("total_counts"), is_metadata("pct_counts_mt"), is_metadata("ERBB2")
    (True, True, False)
    """
    return is_index(column) or "".join(filter(str.isalnum, column.lower())) in _METADATA_WORDS


def is_index(column: str) -> bool:
    """Say whether a column is the index of a data frame, which has no name, or that pandas has named where there was none.

    Examples
    --------
    >>> is_index(""), is_index("Unnamed: 0"), is_index("ERBB2")
    (True, True, False)
    """
    return not column.strip() or re.fullmatch(r"Unnamed: ?\d+(_level_\d+)?", column.strip()) is not None


def no_controls(gene: Sequence[str] | TextArray) -> NDArray[np.bool_]:
    """Return which names are not those of control or withdrawn probes.

    Examples
    --------
    >>> no_controls(["ERBB2", "DEPRECATED_ENSG00000000003", "BLANK_0012"])
    array([ True, False, False])
    """
    return np.array([_CONTROL.fullmatch(str(name)) is None for name in gene], dtype=bool)


def gene_columns(names: TextArray) -> tuple[NDArray[np.bool_], list[str]]:
    """Return which columns of a text table are genes, and a note on those that are not.

    Parameters
    ----------
    names
        ``(g,)`` of the columns.

    Examples
    --------
    >>> import numpy as np
    >>> gene_columns(np.array(["ERBB2", "x", "total_counts"], dtype=object))[1]
    ["2 of 3 columns are no genes and are left out: 'x, total_counts'"]
    """
    kept = no_controls(names) & ~np.array([is_metadata(str(name)) for name in names], dtype=bool)
    if kept.all() or not kept.any():
        return np.ones(len(names), dtype=bool), []
    listed = ", ".join(str(name) or "(no name)" for name in names[~kept])
    return kept, [
        f"{int((~kept).sum())} of {len(kept)} columns are no genes and are left out: {listed!r:.80}"
    ]


def of_expression(types: TextArray) -> NDArray[np.bool_]:
    """Return which features are genes by their type, as 10x Genomics names types; all, where none of its names stands there.

    Examples
    --------
    >>> import numpy as np
    >>> of_expression(np.array(["Gene Expression", "Antibody Capture"], dtype=object))
    array([ True, False])
    """
    exact = np.asarray(types == GENE_EXPRESSION, dtype=bool)
    if exact.any():
        return exact
    return np.array([not str(kind).lower().startswith(_OTHER_FEATURES) for kind in types], dtype=bool)
