"""A process that has imported what commands need, waits for one, runs it as the command line does, and ends."""

import json
import os
import select
import signal
import sys
import threading

from spectra_dl_cli.main import cli, main
from spectra_dl_cli.web.reading import read


def wait_for_work() -> None:
    """Take one request from standard input, and do what it says; return at once where the server is gone."""
    _import_ahead()
    if not select.select([sys.stdin], [], [], 0)[0]:
        _compile_ahead()
    line = sys.stdin.readline()
    if not line:
        return
    request = json.loads(line)
    os.chdir(request["folder"])
    for number, name in ((1, "printed"), (2, "said")):
        file = os.open(request[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(file, number)
        os.close(file)
    threading.Thread(target=_end_with_server, daemon=True).start()
    words = request["words"]
    sys.argv = ["spectra-dl", *words]
    main(words, read if request["task"] == "read" else cli)


def _import_ahead() -> None:
    """Load what reading and predicting need, and compile the page's templates: most of what a small table's prediction would wait for."""
    import spectra_dl_datasets.shipped  # noqa: F401
    from spectra_dl.evaluation.report.page.environment import environment

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
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    wait_for_work()
