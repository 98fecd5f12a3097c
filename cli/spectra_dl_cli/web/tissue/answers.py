"""What is answered about a section: the demonstration, its image, names of genes, and maps."""

import asyncio
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response

from spectra_dl.storage.run_folder import REPORT_NAME
from spectra_dl_cli.web.drops import IMAGE_FILE, Drop, Run
from spectra_dl_cli.web.pages import Pages, command_line
from spectra_dl_cli.web.refusal import Refusal

if TYPE_CHECKING:
    from spectra_dl_cli.web.tissue.maps import Measured, Predicted

PREDICTIONS_FILE = "predictions.h5ad"


def demonstration(drop: Drop) -> None:
    """Put the demonstration's section and model among the files of a drop.

    Parameters
    ----------
    drop
        A new one.

    Raises
    ------
    Refusal
        The demonstration is not installed.
    """
    from spectra_dl_datasets.shipped import DEMO_TISSUE

    names = [path.name for path in DEMO_TISSUE.glob("SIM5-1*")]
    if not names:
        raise Refusal(404, "the demonstration is not here; drop a section of your own")
    for name in (*sorted(names), "model.safetensors"):
        shutil.copyfile(DEMO_TISSUE / name, drop.data / name)
        drop.files[name] = name
        drop.sizes[name] = (drop.data / name).stat().st_size


async def image(request: Request, drop: Drop) -> Response:
    """Answer the section's image in small.

    Parameters
    ----------
    request
        Nothing of it matters.
    drop
        Whose section it is.
    """
    _require_facts(drop)
    return FileResponse(drop.notes / IMAGE_FILE, media_type="image/png")


async def genes(request: Request, drop: Drop) -> Response:
    """Answer names of genes that begin with what was typed.

    Parameters
    ----------
    request
        ``like``, and ``run`` where one has predicted.
    drop
        Whose section it is.
    """
    from spectra_dl_cli.web.tissue.maps import suggestions

    source = await asyncio.to_thread(_source, drop, _run(request, drop))
    return JSONResponse(suggestions(source, request.query_params.get("like", "")[:60]))


def maps(pages: Pages, request: Request, drop: Drop) -> dict[str, str]:
    """Return maps of a gene, and the command that draws them.

    Parameters
    ----------
    pages
        Draws them.
    request
        ``gene``, and ``run`` where one has predicted.
    drop
        Whose section it is.
    """
    from spectra_dl_cli.web.tissue.maps import Canvas

    run = _run(request, drop)
    source = _source(drop, run)
    gene = request.query_params.get("gene", "")[:200]
    if not source.names:
        raise Refusal(409, "no gene was counted here; predict, with a model of expression")
    drawn = Canvas(drop.notes).maps(source, gene or source.names[source.best[0]])
    command = command_line([*run.words[:-1], f"--map={drawn.gene}", run.words[-1]]) if run else ""
    image = str(request.url_for("image", drop=drop.id).path)
    return {"html": pages.maps(drawn, image), "gene": drawn.gene, "command": command}


def predicted(drop: Drop) -> Run | None:
    """Return the last run that predicted the section; None where none has."""
    return next((run for run in reversed(drop.runs) if run.job.state == "done"), None)


def best_genes(drop: Drop, most: int = 6) -> list[str]:
    """Return the genes that are offered first.

    Parameters
    ----------
    drop
        Whose section was read.
    most
        How many.
    """
    from spectra_dl_cli.web.tissue.maps import suggestions

    return suggestions(_source(drop, predicted(drop)), "")[:most]


def _source(drop: Drop, run: Run | None) -> "Measured | Predicted":
    from spectra_dl_cli.web.tissue.maps import Measured, Predicted

    _require_facts(drop)
    if run is None:
        return Measured(drop.notes)
    report = json.loads((run.out / REPORT_NAME).read_text(encoding="utf-8"))
    return Predicted(Path(run.out, PREDICTIONS_FILE), report["results"]["genes"])


def _run(request: Request, drop: Drop) -> Run | None:
    number = request.query_params.get("run", "")
    if not number:
        return None
    run = next((run for run in drop.runs if str(run.number) == number), None)
    if run is None or run.job.state != "done":
        raise Refusal(404, "there is no such prediction; reload the page")
    return run


def _require_facts(drop: Drop) -> None:
    if drop.facts is None or drop.kind != "tissue":
        raise Refusal(409, "the section has not been read; reload the page")
