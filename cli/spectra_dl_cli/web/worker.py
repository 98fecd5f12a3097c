"""A process that has imported what commands need, and forks for each job: a child runs it as the command line does, and ends.

It lives in a process beside the server, takes one request a line from standard input, and answers the child's number when a job begins
and its exit code when it has ended. A child costs milliseconds, and what ends it ends nothing else.
"""

import atexit
import contextlib
import importlib
import json
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Mapping
from typing import Any, TextIO

from spectra_dl_cli.main import cli, main
from spectra_dl_cli.web.reading import read
from spectra_dl_cli.web.tissue.reading import read_tissue

_GRACE = 3.0
_READ_AND_PREDICT = (
    "spectra_dl.spectra.patient_page.page",
    "spectra_dl.spectra.readers",
    "spectra_dl.spectra.study.predict",
    "spectra_dl_datasets.shipped",
)
_COMMANDS = {"read": read, "read_tissue": read_tissue, "command": cli}


def serve_jobs() -> None:
    """Do what standard input asks for, one job after the other, until it is closed."""
    with os.fdopen(os.dup(1), "w") as answers:
        _import_ahead()
        if not select.select([sys.stdin], [], [], 0)[0]:
            _compile_ahead()
        for line in sys.stdin:
            child = os.fork()
            if child == 0:
                os._exit(_done(json.loads(line), answers))
            with contextlib.suppress(OSError):  # the child was sooner
                os.setpgid(child, child)
            print(child, file=answers, flush=True)
            print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), file=answers, flush=True)


def _done(request: Mapping[str, Any], answers: TextIO) -> int:
    """Do a job as a fresh process would, and return its exit code."""
    with contextlib.suppress(OSError):
        os.setpgid(0, 0)  # with all that it starts it can be ended alone
    os.close(answers.fileno())
    os.chdir(request["folder"])
    for number, name in ((1, "printed"), (2, "said")):
        file = os.open(request[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(file, number)
        os.close(file)
    threading.Thread(target=_end_with_server, daemon=True).start()
    words, code = request["words"], 1
    sys.argv = ["spectra-dl", *words]
    try:
        main(words, _COMMANDS[request["task"]])
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    finally:
        atexit._run_exitfuncs()  # os._exit skips them
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
    return code


def _import_ahead() -> None:
    """Load what reading and predicting need, and compile the page's templates: most of what a small table's prediction would wait for."""
    from spectra_dl.evaluation.report.page.environment import environment

    for name in _READ_AND_PREDICT:
        importlib.import_module(name)
    for name in ("patients.html", "card.html", "macros.html", "shell.html", "style.css", "patients.css"):
        environment("spectra_dl.spectra.patient_page").get_template(name)


def _compile_ahead() -> None:
    """Predict something: the machine code that this needs is there when work comes."""
    from spectra_dl.loading import load_model
    from spectra_dl.spectra.predictor import SpectraPredictor
    from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study
    from spectra_dl_datasets.shipped import SHIPPED_MODEL

    study = simulate_study(StudySettings(patients=4, spectra_per_patient=1, n_wavenumbers=701))
    predictor = load_model(SHIPPED_MODEL)
    if isinstance(predictor, SpectraPredictor):
        predictor.predict(study.table)


def _end_with_server() -> None:
    """End this job where standard input is closed: nothing is sent while a job is at work, so that nothing else is read."""
    os.read(0, 1)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_GRACE)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    serve_jobs()
