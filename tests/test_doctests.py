"""Every example in a docstring runs."""

import doctest
import importlib
import pkgutil

import pytest

import spectra_dl

MODULES = sorted(module.name for module in pkgutil.walk_packages(spectra_dl.__path__, "spectra_dl."))


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_hold(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0
