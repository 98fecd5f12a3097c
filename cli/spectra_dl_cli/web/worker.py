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
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import chain
from typing import Any, TextIO

from spectra_dl_cli.main import cli, main
from spectra_dl_cli.web.reading import read
from spectra_dl_cli.web.tissue.reading import read_tissue

_GRACE = 3.0
# What reading needs, and then what predicting needs besides.
_IMPORTED = (
    "numpy.ma",
    "spectra_dl.spectra.readers",
    "spectra_dl.models.header",
    "spectra_dl.spectra.predictor",
    "spectra_dl.spectra.patient_page.page",
    "spectra_dl.spectra.study.predict",
    "spectra_dl_datasets.shipped",
    "spectra_dl_cli.commands.predict",
    "spectra_dl_cli.commands.fusion.predict",
    "spectra_dl_cli.commands.tissue.predict",
    "spectra_dl.classification.checkpoints",
    "spectra_dl.execution.facts",
    "spectra_dl.execution.journal",
    "spectra_dl.storage.folder_lock",
    "spectra_dl.storage.identity",
    "spectra_dl.storage.provenance",
    "email.parser",
    "threadpoolctl",
)
_TEMPLATES = (
    *("patients.html", "card.html", "prediction.html", "macros.html", "shell.html"),
    *("style.css", "cards.css", "patients.css"),
)
_COMMANDS = {"read": read, "read_tissue": read_tissue, "command": cli}


def serve_jobs() -> None:
    """Do what standard input asks for, one job after the other, until it is closed.

    What jobs need is loaded step by step, while nothing is asked for and beside a job that reads. A command waits for all imports, for it would
    do the same by itself.
    """
    imports, compiling = _imports(), iter((_compile,))
    with os.fdopen(os.dup(1), "w") as answers:
        while True:
            _go_on(chain(imports, compiling), _is_asked)
            if not (line := sys.stdin.readline()):
                return
            request = json.loads(line)
            if request["task"] == "command":
                _go_on(imports, lambda: False)
            child = os.fork()
            if child == 0:
                os._exit(_done(request, answers))
            with contextlib.suppress(OSError):  # the child was sooner
                os.setpgid(child, child)
            print(child, file=answers, flush=True)
            _go_on(imports, partial(_has_ended, child))
            print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), file=answers, flush=True)


def _go_on(steps: Iterator[Callable[[], object]], until: Callable[[], bool]) -> None:
    """Take the steps that are left, until something else is to be done."""
    while not until():
        step = next(steps, None)
        if step is None:
            return
        step()


def _is_asked() -> bool:
    return bool(select.select([sys.stdin], [], [], 0)[0])


def _has_ended(child: int) -> bool:
    return os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


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


def _imports() -> Iterator[Callable[[], object]]:
    """Yield what loads all that reading and predicting a small table would wait for, a step after the other."""
    yield from (partial(importlib.import_module, name) for name in _IMPORTED)
    yield _load_templates


def _load_templates() -> None:
    from spectra_dl.evaluation.report.page.environment import environment

    for name in _TEMPLATES:
        environment("spectra_dl.spectra.patient_page").get_template(name)


def _compile() -> None:
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
