"""Deep learning for Raman spectra and tissue sections, evaluated by patient and hard to fool. Research use only.

``import spectra_dl as sdl`` gives every public name below. None is imported before it is first used, so the import
itself takes a few milliseconds and loads neither torch nor pandas, scikit-learn or scanpy.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spectra_dl.errors import (
        DataError,
        EnvironmentFault,
        ModelFileError,
        SpectraDLError,
        SpectraDLWarning,
        TrainingDivergedError,
        UnsafeError,
        UsageError,
    )
    from spectra_dl.evaluation.audit import AuditInputs, Probe, audit
    from spectra_dl.evaluation.classes.harness import evaluate
    from spectra_dl.evaluation.classes.results import EvaluationSettings
    from spectra_dl.evaluation.context import ReportContext, Words
    from spectra_dl.evaluation.entries import ModelEntry
    from spectra_dl.evaluation.profiles.harness import ProfileInputs, SectionRows, evaluate_profiles
    from spectra_dl.evaluation.profiles.results import ProfileSettings
    from spectra_dl.evaluation.report.roc_plot import plot_roc
    from spectra_dl.expression.output.maps import plot_expression_map
    from spectra_dl.expression.predictor import ExpressionPredictor
    from spectra_dl.expression.readers import read_section
    from spectra_dl.expression.section import TissueSection
    from spectra_dl.loading import load_model
    from spectra_dl.spectra.axis_calibration.calibrate import calibrate_axis
    from spectra_dl.spectra.baseline import airpls, arpls, asls, drpls, iasls
    from spectra_dl.spectra.estimators.classifier import SpectraClassifier
    from spectra_dl.spectra.estimators.preprocessor import SpectraPreprocessor
    from spectra_dl.spectra.estimators.step_transformers import (
        SpectraBaselineCorrector,
        SpectraCropper,
        SpectraDespiker,
        SpectraNormaliser,
        SpectraResampler,
        SpectraScatterCorrector,
        SpectraSmoother,
    )
    from spectra_dl.spectra.plots.baseline_plot import plot_baselines
    from spectra_dl.spectra.plots.patient_plot import plot_patient
    from spectra_dl.spectra.plots.spectra_plot import plot_spectra
    from spectra_dl.spectra.predictor import SpectraPredictor
    from spectra_dl.spectra.preprocessing.pipeline import Preprocessing
    from spectra_dl.spectra.readers import ReadOptions, read_spectra
    from spectra_dl.spectra.table import SpectraTable
    from spectra_dl.spectra.transfer.learn import learn_transfer
    from spectra_dl.tissue.estimators.classifier import TissueClassifier
    from spectra_dl.tissue.images import TissueImages
    from spectra_dl.tissue.predictor import TissuePredictor
    from spectra_dl.tissue.readers import read_images
    from spectra_dl.tissue.reading_options import ImageOptions
    from spectra_dl.training.settings import TrainingSettings

__version__ = "0.1.0"

__all__ = [
    "AuditInputs",
    "DataError",
    "EnvironmentFault",
    "EvaluationSettings",
    "ExpressionPredictor",
    "ImageOptions",
    "ModelEntry",
    "ModelFileError",
    "Preprocessing",
    "Probe",
    "ProfileInputs",
    "ProfileSettings",
    "ReadOptions",
    "ReportContext",
    "SectionRows",
    "SpectraBaselineCorrector",
    "SpectraClassifier",
    "SpectraCropper",
    "SpectraDLError",
    "SpectraDLWarning",
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
    "TrainingDivergedError",
    "TrainingSettings",
    "UnsafeError",
    "UsageError",
    "Words",
    "__version__",
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
    "plot_spectra",
    "read_images",
    "read_section",
    "read_spectra",
]

# Where each public name is defined; type checkers read the imports above, and a test keeps the two equal.
_HOME = {
    "AuditInputs": "evaluation.audit",
    "DataError": "errors",
    "EnvironmentFault": "errors",
    "EvaluationSettings": "evaluation.classes.results",
    "ExpressionPredictor": "expression.predictor",
    "ImageOptions": "tissue.reading_options",
    "ModelEntry": "evaluation.entries",
    "ModelFileError": "errors",
    "Preprocessing": "spectra.preprocessing.pipeline",
    "Probe": "evaluation.audit",
    "ProfileInputs": "evaluation.profiles.harness",
    "ProfileSettings": "evaluation.profiles.results",
    "ReadOptions": "spectra.readers",
    "ReportContext": "evaluation.context",
    "SectionRows": "evaluation.profiles.harness",
    "SpectraBaselineCorrector": "spectra.estimators.step_transformers",
    "SpectraClassifier": "spectra.estimators.classifier",
    "SpectraCropper": "spectra.estimators.step_transformers",
    "SpectraDLError": "errors",
    "SpectraDLWarning": "errors",
    "SpectraDespiker": "spectra.estimators.step_transformers",
    "SpectraNormaliser": "spectra.estimators.step_transformers",
    "SpectraPredictor": "spectra.predictor",
    "SpectraPreprocessor": "spectra.estimators.preprocessor",
    "SpectraResampler": "spectra.estimators.step_transformers",
    "SpectraScatterCorrector": "spectra.estimators.step_transformers",
    "SpectraSmoother": "spectra.estimators.step_transformers",
    "SpectraTable": "spectra.table",
    "TissueClassifier": "tissue.estimators.classifier",
    "TissueImages": "tissue.images",
    "TissuePredictor": "tissue.predictor",
    "TissueSection": "expression.section",
    "TrainingDivergedError": "errors",
    "TrainingSettings": "training.settings",
    "UnsafeError": "errors",
    "UsageError": "errors",
    "Words": "evaluation.context",
    "airpls": "spectra.baseline",
    "arpls": "spectra.baseline",
    "asls": "spectra.baseline",
    "audit": "evaluation.audit",
    "calibrate_axis": "spectra.axis_calibration.calibrate",
    "drpls": "spectra.baseline",
    "evaluate": "evaluation.classes.harness",
    "evaluate_profiles": "evaluation.profiles.harness",
    "iasls": "spectra.baseline",
    "learn_transfer": "spectra.transfer.learn",
    "load_model": "loading",
    "plot_baselines": "spectra.plots.baseline_plot",
    "plot_expression_map": "expression.output.maps",
    "plot_patient": "spectra.plots.patient_plot",
    "plot_roc": "evaluation.report.roc_plot",
    "plot_spectra": "spectra.plots.spectra_plot",
    "read_images": "tissue.readers",
    "read_section": "expression.readers",
    "read_spectra": "spectra.readers",
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        from spectra_dl.deprecation import moved_attribute

        return moved_attribute(__name__, name)
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value  # the next access is a plain one
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
