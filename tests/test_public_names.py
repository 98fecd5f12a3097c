"""`import spectra_dl as sdl` gives exactly these names, each documented with an example, and imports nothing heavy."""

import ast
import doctest
import inspect
import subprocess
import sys

import pytest

import spectra_dl as sdl

ERRORS = {
    "AuditInputs",
    "ModelEntry",
    "Probe",
    "ProfileInputs",
    "ProfileSettings",
    "ReportContext",
    "SectionRows",
    "Words",
    "DataError",
    "EnvironmentFault",
    "ModelFileError",
    "SpectraDLError",
    "SpectraDLWarning",
    "TrainingDivergedError",
    "UnsafeError",
    "UsageError",
}
NAMES = ERRORS | {
    "EvaluationSettings",
    "ExpressionPredictor",
    "ImageOptions",
    "Preprocessing",
    "ReadOptions",
    "SpectraBaselineCorrector",
    "SpectraClassifier",
    "SpectraCropper",
    "SpectraDespiker",
    "SpectraNormaliser",
    "SpectraPredictor",
    "SpectraPreprocessor",
    "SpectraResampler",
    "SpectraScatterCorrector",
    "SpectraSmoother",
    "SpectraTable",
    "TissueClassifier",
    "TissueImages",
    "TissuePredictor",
    "TissueSection",
    "TrainingSettings",
    "airpls",
    "arpls",
    "asls",
    "audit",
    "calibrate_axis",
    "drpls",
    "evaluate",
    "evaluate_profiles",
    "iasls",
    "learn_transfer",
    "load_model",
    "plot_baselines",
    "plot_expression_map",
    "plot_patient",
    "plot_roc",
    "read_images",
    "plot_spectra",
    "read_section",
    "read_spectra",
}
HEAVY = ["torch", "pandas", "sklearn", "scanpy", "numpy", "scipy", "pydantic", "anndata"]


def test_these_and_no_other_names_are_public():
    assert set(sdl.__all__) == {*NAMES, "__version__"}
    assert set(dir(sdl)) >= {*NAMES, "__version__"}


@pytest.mark.parametrize("name", sorted(NAMES))
def test_each_name_is_the_object_of_that_name(name):
    assert getattr(sdl, name).__name__ == name


@pytest.mark.parametrize("name", sorted(NAMES))
def test_each_name_has_a_docstring_with_an_example(name):
    text = inspect.getdoc(getattr(sdl, name)) or ""
    assert doctest.DocTestParser().get_examples(text), f"{name} shows no example"


def test_type_checkers_see_the_names_that_are_there_at_run_time(repository):
    tree = ast.parse((repository / "spectra_dl" / "__init__.py").read_text(encoding="utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    assert ast.unparse(block.test) == "TYPE_CHECKING"
    imports = {
        alias.name: node.module.removeprefix("spectra_dl.") for node in block.body for alias in node.names
    }
    assert imports == sdl._HOME
    assert sdl.__all__ == sorted({*imports, "__version__"})


def test_a_name_that_does_not_exist_is_an_attribute_error():
    with pytest.raises(AttributeError, match=r"module 'spectra_dl' has no attribute 'TileClasifier'"):
        _ = sdl.TileClasifier


def in_a_fresh_process(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return ast.literal_eval(done.stdout.splitlines()[-1])


def test_the_import_loads_nothing_heavy_and_costs_less_than_a_tenth_of_a_second():
    heavy, seconds = in_a_fresh_process(
        "import sys, time\n"
        "started = time.process_time()\n"
        "import spectra_dl\n"
        "seconds = time.process_time() - started\n"
        f"print(([name for name in {HEAVY!r} if name in sys.modules], seconds))"
    )
    assert heavy == []
    assert seconds <= 0.1


@pytest.mark.parametrize(
    "name", ["read_spectra", "SpectraTable", "ReadOptions", "TrainingSettings", "DataError"]
)
def test_reading_spectra_needs_neither_torch_nor_pandas(name):
    heavy = in_a_fresh_process(
        f"import sys\nimport spectra_dl\nspectra_dl.{name}\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    assert set(heavy) <= {"numpy"}
