"""Candidate baselines over a few spectra."""

import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from spectra_dl.arrays import text_array
from spectra_dl.errors import DataError, UsageError
from spectra_dl.spectra.baseline import choose_lam, correct
from spectra_dl.spectra.baseline_comparison import compare_baselines, comparison_figure
from spectra_dl.spectra.preprocessing.despike import Despike
from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study
from spectra_dl.spectra.table import SpectraTable
from spectra_dl.storage.figure_file import write_figure


@pytest.fixture(scope="module")
def table() -> SpectraTable:
    """A small simulated study."""
    return simulate_study(StudySettings(patients=4, n_wavenumbers=200)).table


def test_what_is_drawn_is_the_method_with_the_lam_of_the_v_curve(table: SpectraTable) -> None:
    compared = compare_baselines(table, ["asls", "imodpoly"], n_spectra=2)
    clean = (
        Despike().fit(table.intensity, table.wavenumber).apply(table.intensity, table.wavenumber).intensity
    )
    asls, imodpoly = compared.candidates
    assert asls.lam == choose_lam(clean, "asls", {"p": 0.001})
    assert imodpoly.lam is None
    expected = correct(compared.table.intensity, "asls", {"lam": asls.lam, "p": 0.001, "tol": 1e-3})
    assert np.array_equal(asls.result.baseline, expected.baseline)
    assert asls.title == f"asls (lam {asls.lam:.3g})"
    assert imodpoly.title == "imodpoly"


def test_the_drawn_spectra_span_the_levels(table: SpectraTable) -> None:
    level = table.intensity.mean(axis=1)
    drawn = compare_baselines(table, ["asls"], n_spectra=3).table
    assert list(drawn.sample_id[[0, -1]]) == list(table.sample_id[[level.argmin(), level.argmax()]])
    assert len(compare_baselines(table, ["asls"], n_spectra=20).table) == len(table)


def test_damaged_spectra_are_not_drawn(table: SpectraTable) -> None:
    intensity = table.intensity.copy()
    intensity[3] = np.nan
    drawn = compare_baselines(replace(table, intensity=intensity), ["asls"], n_spectra=20).table
    assert table.sample_id[3] not in drawn.sample_id
    assert len(drawn) == len(table) - 1


def test_no_usable_spectrum_is_refused_with_its_reason(table: SpectraTable) -> None:
    with pytest.raises(DataError, match=r"none of the 12 spectra can be used; the first: .*missing"):
        compare_baselines(replace(table, intensity=np.full_like(table.intensity, np.nan)), ["asls"])


@pytest.mark.parametrize(
    ("methods", "message"),
    [([], "no method"), (["asls", "asls"], "named twice"), (["aslz"], "did you mean asls")],
)
def test_a_wrong_list_of_methods_is_refused(table: SpectraTable, methods: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        compare_baselines(table, methods)


@pytest.mark.parametrize("kind", ["svg", "png", "pdf"])
def test_the_same_comparison_gives_the_same_file(table: SpectraTable, kind: str, tmp_path: Path) -> None:
    for name in ("one", "other"):
        write_figure(
            tmp_path / f"{name}.{kind}", comparison_figure(compare_baselines(table, ["asls", "arpls"]))
        )
    first = (tmp_path / f"one.{kind}").read_bytes()
    assert len(first) > 5_000
    assert first == (tmp_path / f"other.{kind}").read_bytes()


def test_ids_are_drawn_as_text_whatever_they_hold(table: SpectraTable, tmp_path: Path) -> None:
    hostile = ["$x^{$", "<script>", "\x1b[31m", "试样"] * 3
    named = replace(table, sample_id=text_array([f"{name}{row}" for row, name in enumerate(hostile)]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        write_figure(
            tmp_path / "ids.png", comparison_figure(compare_baselines(named, ["asls"], n_spectra=12))
        )


def test_another_kind_of_file_is_refused(table: SpectraTable, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"ends in \.svg, \.pdf, \.png"):
        write_figure(tmp_path / "figure.docx", comparison_figure(compare_baselines(table, ["asls"])))
    assert not list(tmp_path.iterdir())
