"""Start commands in processes of their own that have the slow imports behind them.

Run by `command_line`: the server imports and compiles once, forks for each command and says how it ended, one JSON object a line.
A process that is forked is a real one, with a working folder, streams, signals and an exit code of its own; only the seconds of
importing and compiling are saved.
"""

import atexit
import contextlib
import gc
import importlib.util
import json
import os
import sys
import traceback
import weakref

_SLOW = (
    "anndata",
    "h5py",
    "matplotlib.backends.backend_agg",
    "matplotlib.backends.backend_svg",
    "matplotlib.collections",
    "matplotlib.figure",
    "onnx",
    "onnxruntime",
    "openslide",
    "pandas",
    "PIL.Image",
    "scipy.optimize",
    "scipy.stats",
    "sklearn.cross_decomposition",
    "sklearn.ensemble",
    "sklearn.linear_model",
    "sklearn.pipeline",
    "sklearn.svm",
    "tifffile",
    "torch",
    "spectra_dl.evaluation.report.page.render",
    "spectra_dl.evaluation.report.page.reporting.items_json",
    "spectra_dl.execution.facts",
    "spectra_dl.execution.journal",
    "spectra_dl.expression.study.evaluate",
    "spectra_dl.expression.study.evaluate_slides",
    "spectra_dl.expression.study.predict",
    "spectra_dl.expression.study.train",
    "spectra_dl.fusion.study.evaluate",
    "spectra_dl.fusion.study.evaluate_outcome",
    "spectra_dl.fusion.study.train",
    "spectra_dl.fusion.study.train_outcome",
    "spectra_dl.spectra.networks.convolutional_path",
    "spectra_dl.spectra.networks.minirocket",
    "spectra_dl.spectra.patient_page.page",
    "spectra_dl.spectra.study.evaluate",
    "spectra_dl.spectra.study.evaluate_outcome",
    "spectra_dl.spectra.study.evaluate_survival",
    "spectra_dl.spectra.study.predict",
    "spectra_dl.spectra.study.train",
    "spectra_dl.tissue.readers",
    "spectra_dl.tissue.study.evaluate",
    "spectra_dl.tissue.study.evaluate_patients",
    "spectra_dl.tissue.study.train",
    "spectra_dl.tissue.study.train_patients",
    "spectra_dl.training.loop",
    "spectra_dl.training.member",
    "spectra_dl_cli.commands.evaluate_spectra",
    "spectra_dl_cli.commands.predict",
    "spectra_dl_cli.commands.train_spectra",
    "spectra_dl_cli.main",
    "spectra_dl_datasets.loaders",
)
_TEMPLATES = (
    (),
    ("spectra_dl.expression.section_page",),
    ("spectra_dl.fusion.patients_page",),
    ("spectra_dl.spectra.patient_page",),
    ("spectra_dl.tissue.images_page",),
)


def serve() -> None:
    """Answer requests until there are no more."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # nothing but answers goes where the caller reads them
    for name in _SLOW:
        if importlib.util.find_spec(name.partition(".")[0]):  # some come with extras
            importlib.import_module(name)
    _compile()
    gc.freeze()  # commands needn't look through what they share for garbage
    for finalizer in list(weakref.finalize._registry):
        finalizer.atexit = False  # nor take down, each at its end, what the imports have built
    for line in sys.stdin:
        request = json.loads(line)
        answer = _forked(request) if "words" in request else _exit_code(**request)
        print(json.dumps(answer), file=answers, flush=True)


def _forked(request: dict) -> int:
    """Start a command line, and return the number of its process."""
    child = os.fork()
    if child == 0:
        os._exit(_run(request))
    return child


def _exit_code(pid: int, *, wait: bool) -> int | None:
    """Return how a process has ended, or None if it has not and nobody waits for it."""
    ended, status = os.waitpid(pid, 0 if wait else os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if ended else None


def _compile() -> None:
    """Have the machine code and the templates ready that most commands need."""
    import numpy as np

    from spectra_dl.evaluation.report.figures import Curve, roc_figure, svg_text
    from spectra_dl.evaluation.report.page.environment import environment
    from spectra_dl.spectra.baseline import asls
    from spectra_dl.spectra.networks.minirocket_compiled import compiled_features
    from spectra_dl.storage.provenance import versions

    versions()
    asls(np.ones((1, 20)))
    compiled_features(np.ones((1, 20), np.float32), np.ones(1, np.intp), [np.ones((84, 1), np.float32)])
    svg_text(roc_figure([Curve("a", (0, 1), (0, 1))]), "a")  # the first to be drawn reads the fonts
    for packages in _TEMPLATES:
        pages = environment(*packages)
        for name in pages.list_templates():
            pages.get_template(name)


def _run(request: dict) -> int:
    """Run one command line as a fresh interpreter would, and return its exit code."""
    os.environ.clear()
    os.environ.update(request["environment"])
    paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    sys.path[:0] = [path for path in paths if path and path not in sys.path]
    os.chdir(request["folder"])
    for number, name in ((0, os.devnull), (1, request["out"]), (2, request["err"])):
        file = os.open(name, os.O_RDWR if number == 0 else os.O_WRONLY)
        os.dup2(file, number)
        os.close(file)
    sys.argv = ["spectra-dl", *request["words"]]
    code = 1
    try:
        from spectra_dl_cli.main import main

        main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except BaseException:
        traceback.print_exc()
    atexit._run_exitfuncs()  # os._exit skips them
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    return code


if __name__ == "__main__":
    serve()
