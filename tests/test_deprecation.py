"""A public name that moved keeps working for one minor version, with a warning that names its new place."""

import warnings
from importlib import import_module

import pytest

import spectra_dl
from spectra_dl import deprecation
from spectra_dl.deprecation import MOVED, Moved, moved_names


def version(text):
    return tuple(map(int, text.split(".")))


@pytest.mark.parametrize("old", MOVED)
def test_an_old_name_is_the_new_object_and_warns(old):
    module, _, name = old.rpartition(".")
    home, _, attribute = MOVED[old].new.rpartition(".")
    with pytest.warns(
        DeprecationWarning, match=f"{old} has moved to {MOVED[old].new}; the old name goes with"
    ):
        value = getattr(import_module(module), name)
    assert value is getattr(import_module(home), attribute)


@pytest.mark.parametrize("old", MOVED)
def test_an_old_name_is_gone_when_its_version_comes(old):
    assert version(spectra_dl.__version__) < version(MOVED[old].removed_in), f"delete {old}, as promised"
    assert version(MOVED[old].removed_in)[2] == 0, "names are removed with a minor version"


def test_the_imports_that_the_readme_once_showed_still_work():
    with pytest.warns(DeprecationWarning, match=r"has moved to spectra_dl\.SpectraClassifier"):
        from spectra_dl.spectra.classifier import SpectraClassifier
    with pytest.warns(DeprecationWarning, match=r"simulation\.(StudySettings|simulate_study) has moved to"):
        from spectra_dl.spectra.simulation import StudySettings, simulate_study
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        from spectra_dl.expression.ceiling import noise_ceiling
        from spectra_dl.expression.readers import read_section, read_sections
        from spectra_dl.spectra.baseline import asls, choose_lam
        from spectra_dl.spectra.readers import ReadOptions, read_spectra
    assert SpectraClassifier is spectra_dl.SpectraClassifier
    assert len(simulate_study(StudySettings(patients=2, n_wavenumbers=16)).table) == 6
    assert all(
        map(
            callable,
            (noise_ceiling, read_section, read_sections, asls, choose_lam, ReadOptions, read_spectra),
        )
    )


def test_the_warning_points_at_the_line_that_imports():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        from spectra_dl.spectra.classifier import SpectraClassifier
    assert [each.filename for each in caught] == [__file__]
    assert SpectraClassifier.__module__ == "spectra_dl.spectra.estimators.classifier"


def test_a_retired_name_of_the_package_itself_warns_too(monkeypatch):
    monkeypatch.setattr(
        deprecation, "MOVED", {"spectra_dl.read_table": Moved("spectra_dl.read_spectra", "9.0.0")}
    )
    with pytest.warns(
        DeprecationWarning, match=r"spectra_dl\.read_table has moved to spectra_dl\.read_spectra"
    ):
        assert spectra_dl.read_table is spectra_dl.read_spectra


def test_a_name_that_never_was_is_an_attribute_error():
    with pytest.raises(AttributeError, match=r"module 'spectra_dl\.old' has no attribute 'nothing'"):
        moved_names("spectra_dl.old")("nothing")
    with pytest.raises(AttributeError):
        _ = import_module("spectra_dl.spectra.classifier").Nothing
