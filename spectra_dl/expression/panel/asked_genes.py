"""Genes that somebody asks for by id or symbol, matched with those that are there."""

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from spectra_dl.arrays import IndexArray, TextArray
from spectra_dl.errors import UsageError
from spectra_dl.evaluation.wording import first_few
from spectra_dl.expression.genes import gene_key
from spectra_dl.expression.mangled_genes import likely_symbol

_LISTED = 8
_SUGGESTED = 3


@dataclass(frozen=True)
class MatchedGenes:
    """Genes that were asked for, as far as they are there.

    Attributes
    ----------
    columns
        Numbers of the genes, in the order they were asked for, each once.
    missing
        Names nothing goes by.
    respelled
        Names that differ from what was asked for in case alone: what was asked, and what was taken.
    """

    columns: tuple[int, ...]
    missing: tuple[str, ...]
    respelled: tuple[tuple[str, str], ...]

    def notes(self, option: str, where: str) -> list[str]:
        """Return a sentence for genes that are missing, and one for those that are spelled otherwise.

        Parameters
        ----------
        option
            By which they were asked for.
        where
            Among what they were looked for, in words.
        """
        notes = []
        if self.missing:
            asked = len(self.columns) + len(self.missing)
            listed = first_few(map(_with_likely, self.missing), at_most=_LISTED)
            notes.append(f"{option}: {len(self.missing)} of {asked} genes are not among {where}: {listed}")
        if self.respelled:
            pairs = first_few((f"{asked} as {taken}" for asked, taken in self.respelled), at_most=_LISTED)
            notes.append(f"{option}: names that differ in case alone were taken for one gene: {pairs}")
        return notes


@dataclass(frozen=True)
class KnownGenes:
    """Ids and symbols of the genes that can be asked for.

    Attributes
    ----------
    ids
        As the data or the model has them.
    symbols
        As many, empty where not known.

    Examples
    --------
    >>> known = KnownGenes(("ENSG00000141736", "ENSG00000141510"), ("ERBB2", "TP53"))
    >>> known.match(["TP53", "erbb2", "ENSG00000141736.14"]).columns
    (1, 0)
    """

    ids: tuple[str, ...]
    symbols: tuple[str, ...]

    def match(self, asked: Sequence[str]) -> MatchedGenes:
        """Return which of the genes are asked for: by id without version, by symbol, else by either in another case."""
        exact, folded = self._index(str), self._index(str.casefold)
        columns: dict[int, None] = {}
        missing: dict[str, None] = {}
        respelled = {}
        for name in asked:
            key = gene_key(name.strip())
            at = exact.get(key)
            if at is None and (at := folded.get(key.casefold())):
                respelled[name] = self.symbols[at[0]] or self.ids[at[0]]
            columns |= dict.fromkeys(at or ())
            missing |= {} if at else {name: None}
        return MatchedGenes(tuple(columns), tuple(missing), tuple(respelled.items()))

    def require(self, asked: Sequence[str], option: str, where: str) -> MatchedGenes:
        """Return `match`, of which at least one gene is there.

        Parameters
        ----------
        asked
            Ids or symbols.
        option
            By which they were asked for.
        where
            Among what they are looked for, in words.

        Raises
        ------
        UsageError
            None is there; those with the nearest names are listed.
        """
        matched = self.match(asked)
        if not matched.columns:
            raise UsageError(
                f"{option}: none of the {len(asked)} genes is among {where}: {self.suggestions(asked)}"
            )
        return matched

    def suggestions(self, names: Sequence[str]) -> str:
        """Return the first names, each with those that are spelled most like it."""
        spelled = {name.casefold(): name for name in (*self.ids, *self.symbols) if name}
        parts = []
        for name in names[:_SUGGESTED]:
            near = difflib.get_close_matches(gene_key(name).casefold(), spelled, n=3, cutoff=0.6)
            words = (
                f"nearest: {', '.join(spelled[each][:40] for each in near)}"
                if near
                else "nothing is spelled like it"
            )
            parts.append(f"{name[:40]} ({words})")
        more = f" and {len(names) - _SUGGESTED} more" if len(names) > _SUGGESTED else ""
        return "; ".join(parts) + more

    def _index(self, form: Callable[[str], str]) -> dict[str, tuple[int, ...]]:
        rows: dict[str, list[int]] = {}
        for at, (identifier, symbol) in enumerate(zip(self.ids, self.symbols, strict=True)):
            for name in {form(gene_key(identifier)), form(symbol)} - {""}:
                rows.setdefault(name, []).append(at)
        # An id wins over a symbol that is spelled like it.
        by_id = {form(gene_key(identifier)): (at,) for at, identifier in enumerate(self.ids)}
        return {name: tuple(found) for name, found in rows.items()} | by_id


def known_genes(ids: Sequence[str] | TextArray, symbols: Sequence[str] | TextArray | None) -> KnownGenes:
    """Return genes by id and symbol.

    Parameters
    ----------
    ids
        As the data or the model has them.
    symbols
        As many, empty where not known; None where none is.
    """
    return KnownGenes(tuple(map(str, ids)), ("",) * len(ids) if symbols is None else tuple(map(str, symbols)))


def asked_columns(known: KnownGenes, asked: Sequence[str]) -> IndexArray:
    """Return the numbers of the genes that are there, in ascending order.

    Parameters
    ----------
    known
        The genes of the data.
    asked
        Ids or symbols.
    """
    return np.sort(np.array(known.match(asked).columns, dtype=np.intp))


def _with_likely(name: str) -> str:
    likely = likely_symbol(name)
    return f"{name} (a spreadsheet's spelling of {likely}?)" if likely else name
