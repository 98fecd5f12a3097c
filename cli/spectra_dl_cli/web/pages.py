"""The page's HTML, filled from what is known of a drop."""

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spectra_dl import __version__
from spectra_dl.evaluation.report.page.environment import LISTED_AT_MOST, RESEARCH_USE, environment
from spectra_dl.storage.run_folder import PAGE_NAME, REPORT_NAME
from spectra_dl_cli.web.drops import Drop, Run
from spectra_dl_cli.web.form import FIELDS, MODELS
from spectra_dl_cli.web.forms import FORMS
from spectra_dl_cli.web.jobs import Job, Jobs
from spectra_dl_cli.web.tissue import form as tissue
from spectra_dl_cli.web.uploads import MOST_BYTES, MOST_FILES

if TYPE_CHECKING:
    from spectra_dl_cli.web.live_view import LiveView
    from spectra_dl_cli.web.tissue.maps import GeneMaps

_DOWNLOADS = (
    "predictions.csv",
    "patients.csv",
    "predictions.h5ad",
    PAGE_NAME,
    REPORT_NAME,
    "map.svg",
    "folds.csv",
)
_MAP = re.compile(r"(map|overlay)_[A-Za-z0-9._-]+\.png")
_COLOURS = 6
_TITLES = {"predict": "Predicted", "audit": "Audit", "evaluate": "Evaluation"}


class Pages:
    """Every page of a server.

    Parameters
    ----------
    base
        What every address begins with: the token.
    models
        What the model of each kind of drop is called, where one was named.
    """

    def __init__(self, base: str, models: Mapping[str, str]) -> None:
        self._environment = environment("spectra_dl_cli.web", "spectra_dl.spectra.patient_page")
        self._common: dict[str, Any] = {
            "base": base,
            "models": {kind: models.get(kind) for kind in FORMS},
            "research_use": RESEARCH_USE,
            "version": __version__,
            "most_bytes": MOST_BYTES,
            "most_files": MOST_FILES,
        }

    def style(self) -> str:
        """Return the style sheet: that of the reports, and what only this page has."""
        return self._environment.get_template("serve.css").render(colours=_COLOURS)

    def start(self) -> str:
        """Return the page on which files are dropped."""
        return self._filled("start.html")

    def start_tissue(self) -> str:
        """Return the page on which a section is dropped."""
        return self._filled("tissue.html")

    def refused(self, sentence: str) -> str:
        """Return a page that says why there is no other."""
        return self._filled("refused.html", sentence=sentence)

    def drop(self, drop: Drop, jobs: Jobs) -> str:
        """Return the page of spectra: what was read, what can be done, and what came out.

        Parameters
        ----------
        drop
            What was dropped.
        jobs
            The queue, for who is waited for.
        """
        from spectra_dl_cli.web import live_view

        return self._of_drop(
            drop,
            jobs,
            fields=FIELDS,
            chosen={name: drop.choices.get(name, "") for name in FIELDS},
            sheets=list(drop.files)[:LISTED_AT_MOST] if len(drop.files) > 1 else [],
            evaluated=MODELS,
            methods=live_view.METHODS,
            powers=(live_view.LOWEST, live_view.HIGHEST, live_view.FIRST),
        )

    def section(self, drop: Drop, jobs: Jobs, predicted: Run | None, best: Sequence[str]) -> str:
        """Return the page of a section.

        Parameters
        ----------
        drop
            What was dropped.
        jobs
            The queue, for who is waited for.
        predicted
            The run whose predictions are drawn; None draws what was measured.
        best
            The genes that are offered first.
        """
        return self._of_drop(
            drop,
            jobs,
            chosen={name: drop.choices.get(name, "") for name in tissue.FIELDS},
            sections=tissue.sections(drop)[:LISTED_AT_MOST],
            dropped_models=tissue.models(drop)[:LISTED_AT_MOST],
            images=tissue.images(drop)[:LISTED_AT_MOST],
            predicted=predicted,
            best=best,
        )

    def maps(self, maps: "GeneMaps", image: str) -> str:
        """Return the maps of a gene.

        Parameters
        ----------
        maps
            What is drawn.
        image
            The address of the section's image.
        """
        return self._filled("maps.html", maps=maps, image=image)

    def _of_drop(self, drop: Drop, jobs: Jobs, **values: object) -> str:
        return self._filled(
            FORMS[drop.kind].template,
            drop=drop,
            title=drop.choices.get("section") or next(iter(drop.inputs), "nothing"),
            facts=drop.facts,
            renamed=[(kept, given) for kept, given in drop.files.items() if kept != given][:LISTED_AT_MOST],
            busy=bool(drop.unfinished),
            is_section=drop.kind == "spectra"
            and any(name.casefold().endswith(tissue.WHOLE) for name in drop.inputs),
            state=state(drop, jobs),
            runs=[_shown(run) for run in reversed(drop.runs)],
            listed_at_most=LISTED_AT_MOST,
            **values,
        )

    def live(self, view: "LiveView") -> str:
        """Return the drawing of a spectrum with its baseline."""
        from spectra_dl_cli.web import live_view

        return self._filled("live.html", view=view, at=live_view)

    def _filled(self, name: str, **values: object) -> str:
        return self._environment.get_template(name).render(**self._common, **values)


def state(drop: Drop, jobs: Jobs) -> dict[str, object]:
    """Return what the page asks for again and again: whether something is at work, and how far it is.

    Parameters
    ----------
    drop
        Whose page it is.
    jobs
        The queue.
    """
    job = next(iter(drop.unfinished), None)
    ended = [drop.reading, *(run.job for run in drop.runs)]
    stamp = "-".join(job.state for job in ended if job is not None)
    if job is None:
        return {"busy": False, "stamp": stamp, "text": "", "done": 0, "total": 0}
    done, total, what = job.progress
    return {
        "busy": True,
        "stamp": stamp,
        "text": _at_work(job, jobs.ahead_of(job), what),
        "done": done,
        "total": total,
    }


def downloads(run: Run) -> list[str]:
    """Return the files of a command that can be saved from the page; no other name opens anything.

    Parameters
    ----------
    run
        A command; one that is not done has none.
    """
    if run.job.state != "done" or not run.out.is_dir():
        return []
    there = {path.name for path in run.out.iterdir() if path.is_file() and not path.is_symlink()}
    return [name for name in _DOWNLOADS if name in there] + sorted(filter(_MAP.fullmatch, there))


def command_line(words: Sequence[str]) -> str:
    """Return the line that does the same in a terminal."""
    return shlex.join(["spectra-dl", *words])


def _at_work(job: Job, ahead: int, what: str) -> str:
    if job.state == "waiting":
        jobs = "1 job is" if ahead == 1 else f"{ahead} jobs are"
        return f"Waiting: one job is done at a time, and {jobs} before this one."
    doing = "Working" if job.task == "command" else "Reading"
    return f"{doing}, {job.seconds:.0f} s so far{': ' + what if what else ''}"


def _shown(run: Run) -> dict[str, object]:
    done = run.job.state == "done"
    return {
        "number": run.number,
        "kind": run.kind,
        "title": _TITLES[run.kind],
        "state": run.job.state,
        "command": command_line(run.words),
        "sentence": run.job.sentence if run.job.state == "refused" else "",
        "warnings": run.job.warnings if done else [],
        "seconds": run.job.seconds,
        "has_page": done and (run.out / PAGE_NAME).is_file(),
        "findings": _findings(run) if done and run.kind == "audit" else [],
        "model": run.job.model if done and run.kind == "predict" else "",
        "downloads": downloads(run),
    }


def _findings(run: Run) -> Sequence[Mapping[str, Any]]:
    report = _loaded(run.out / REPORT_NAME)
    findings: Sequence[Mapping[str, Any]] = report["results"]["audit"]["findings"]
    gravest = {"stop": 0, "warn": 1, "fine": 2}
    return sorted(findings, key=lambda finding: gravest[finding["severity"]])


def _loaded(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content
