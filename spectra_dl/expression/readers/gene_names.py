"""Columns of a count table that are no genes: metadata of spots, control probes, probes withdrawn from a probe set."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from spectra_dl.arrays import TextArray
from spectra_dl.expression.readers.tissue_marks import may_mark_tissue
from spectra_dl.storage.wording import letters_and_digits

GENE_EXPRESSION = "Gene Expression"
_OTHER_FEATURES = (
    "antibody", "crispr", "custom", "multiplexing", "antigen", "peak", "vdj", "negative control", "codeword", "genomic control", "protein capture",
)  # fmt: skip
_CONTROL = re.compile(
    r"(DEPRECATED_|(?i:NegControl(Probe|Codeword))_|NegPrb\d|FalseCode\d|UnassignedCodeword_|DeprecatedCodeword_|antisense_|BLANK_|Blank-|Intergenic_Region_|Negative(Control)?\d|SystemControl).*",
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
    dataset datasetid sectionname slidename capturearea captureareaid
    age ambiguous alignmentnotunique area blur class condition depth diameter doublet entropy fold fraction grade group height level
    magnification mpp noalignment nofeature notaligned nuclei pathology phase quality radius score sex size split stage status target
    pixelsize pixelsizeum umperpixel umperpx micronsperpixel
    thickness toolowaqual train treatment tumor tumour weight width zoom
"""  # letters and digits alone, as is_metadata compares them
_METADATA_WORDS = frozenset(_METADATA.split())
# Names of several words, all of one of these kinds; real symbols have none, or stand in capitals with a hyphen (H2-K1).
_COORDINATES_TEXT = """
    array bottom center centre centroid col cols column coord coordinate coordinates coords dx dy end full fullres global grid hires i
    image img in imagecol imagerow j left local lowres micron microns mid new num off offset original patch pixel pixels pos position
    pxl px res resolution right row rows scaled spatial spot start tile top um x xs y ys z
"""
_SIZES_TEXT = """
    area avg by cell cells complexity count counts density depth detected diameter dropout feature features fraction gene genes height
    in library log log10 log1p lib max mean median min n nonzero nuclei nucleus num number of per pct percent read reads size spatial
    spot spots std sum total transcript transcripts umi umis unique width zero
"""
_ENDINGS_TEXT = """
    annotation cluster code fold frac fraction id identity ids idx index label labels name pct percent pred prob score true type
    weight
"""
_STARTS_TEXT = """
    has is pct percent percentage perc frac
"""
_COORDINATES = frozenset(_COORDINATES_TEXT.split())
_SIZES = frozenset(_SIZES_TEXT.split())
_ENDINGS = frozenset(_ENDINGS_TEXT.split())
_STARTS = frozenset(_STARTS_TEXT.split())
_REDUCED = re.compile(
    r"(X_?)?(umap|tsne|UMAP|UMap|tSNE|TSNE|TSne|harmony|Harmony|pca|Pca)[_ .-]?\d{1,3}|(PCA|X_pca|PC_|LSI|lsi|ICA|ica|NMF|nmf|topic|Topic)[_ .-]\d{1,3}"
    r"|PC_?\d{1,3}|(nCount|nFeature)_\w+|.+_snn_res\.[\d.]+"
)
_EXACT = frozenset(
    {"n", "fov", "fraction_mt", "nUMI", "nGene"}
)  # as they are written alone: N could be a symbol


def is_metadata(column: str) -> bool:
    """Say whether a column of a text table is known as metadata of spots; its letters' case and its signs don't matter.

    Examples
    --------
    >>> is_metadata("total_counts"), is_metadata("pct_counts_mt"), is_metadata("ERBB2")
    (True, True, False)
    """
    name = column.strip()
    plain = letters_and_digits(name)
    known = plain in _METADATA_WORDS or name in _EXACT or may_mark_tissue(name)
    return is_index(name) or known or _reads_as_metadata(name)


def _reads_as_metadata(name: str) -> bool:
    """Say whether the words of a name are those of places, sizes, ids, shares, or a reduced space."""
    if _REDUCED.fullmatch(name):
        return True
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
    parts = [word for word in re.split(r"[_. ]+", words) if word and not word.isdigit()]
    if len(parts) < 2 or "-" in name:
        return False
    return (
        _COORDINATES.issuperset(parts)
        or _SIZES.issuperset(parts)
        or parts[-1] in _ENDINGS
        or parts[0] in _STARTS
        or "tissue" in parts
    )


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


def has_type(types: TextArray, kind: str) -> NDArray[np.bool_]:
    """Return which features have a type, whatever its letters' case.

    Parameters
    ----------
    types
        ``(g,)`` as a file states them.
    kind
        The type.

    Examples
    --------
    >>> import numpy as np
    >>> has_type(np.array(["Gene expression", "Antibody Capture"], dtype=object), "Gene Expression")
    array([ True, False])
    """
    return np.array([str(each).strip().lower() == kind.lower() for each in types], dtype=bool)


def of_expression(types: TextArray) -> NDArray[np.bool_]:
    """Return which features are genes by their type, as 10x Genomics names types; all, where none of its names stands there.

    Examples
    --------
    >>> import numpy as np
    >>> of_expression(np.array(["Gene Expression", "Antibody Capture"], dtype=object))
    array([ True, False])
    """
    exact = has_type(types, GENE_EXPRESSION)
    if exact.any():
        return exact
    return np.array([not str(kind).lower().startswith(_OTHER_FEATURES) for kind in types], dtype=bool)
