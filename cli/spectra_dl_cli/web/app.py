"""What is answered at which address."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from importlib.resources import files
from pathlib import Path
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route

from spectra_dl.errors import SpectraDLError
from spectra_dl.storage.run_folder import PAGE_NAME
from spectra_dl_cli.web.drops import FACTS_FILE, MOST_RUNS, VIEW_FILE, Drop, Drops, Run
from spectra_dl_cli.web.form import chosen_models, correcting_words
from spectra_dl_cli.web.forms import FORMS
from spectra_dl_cli.web.guard import REPORT
from spectra_dl_cli.web.jobs import Job, Jobs
from spectra_dl_cli.web.pages import Pages, command_line, downloads, state
from spectra_dl_cli.web.refusal import Refusal
from spectra_dl_cli.web.tissue import answers as tissue
from spectra_dl_cli.web.uploads import receive

_LONGEST_FORM = 65_536
# Seconds: what ends so soon needs no page that says it is at work; reading and predicting mostly do, other work seldom.
_SHORT, _LONG = 2.5, 1.2
# Seconds: the page hears of news, and at the latest after; between looks.
_NEWS, _LOOK = 0.5, 0.05
_KEPT = {
    "cache-control": "private, max-age=86400"
}  # under an address with the token; the next server has another
_KINDS_OF_FILES = {
    "csv": "text/csv; charset=utf-8",
    "h5ad": "application/octet-stream",
    "html": "text/html; charset=utf-8",
    "json": "application/json",
    "png": "image/png",
    "svg": "image/svg+xml",
}
Answer = Callable[[Request], Awaitable[Response]]


class Site:
    """The answers, and what they are about.

    Parameters
    ----------
    folder
        Private, for the files that are dropped.
    token
        What every address begins with.
    models
        Files of models by the kind of drop that they predict; where one is missing, the one that ships with spectra-dl predicts spectra,
        and one that is dropped beside it a section.
    """

    def __init__(self, folder: Path, token: str, models: Mapping[str, Path]) -> None:
        self._base = f"/{token}"
        self._models = models
        self._drops = Drops(folder)
        self.jobs = Jobs()
        self._pages = Pages(self._base, {kind: path.name for kind, path in models.items()})

    def app(self) -> Starlette:
        """Return what uvicorn serves."""
        one = "/drops/{drop}"
        routes = [
            Route("/", self._start),
            Route("/tissue", self._start_tissue),
            Route("/tissue/demo", self._demonstrate, methods=["POST"]),
            Route("/style.css", self._style),
            Route("/page.js", _script("page.js")),
            Route("/heartbeat.js", _script("heartbeat.js")),
            Route("/drops", self._begin, methods=["POST"]),
            Route(one, self._of_drop(self._show)),
            Route(f"{one}/files", self._of_drop(self._upload), methods=["PUT"]),
            Route(f"{one}/read", self._of_drop(self._read), methods=["POST"]),
            Route(f"{one}/state", self._of_drop(self._state)),
            Route(f"{one}/view", self._of_drop(self._view)),
            Route(f"{one}/image", self._of_drop(tissue.image), name="image"),
            Route(f"{one}/genes", self._of_drop(tissue.genes)),
            Route(f"{one}/maps", self._of_drop(self._maps)),
            Route(f"{one}/runs", self._of_drop(self._run), methods=["POST"]),
            Route(f"{one}/cancel", self._of_drop(self._cancel), methods=["POST"]),
            Route(f"{one}/alive", self._of_drop(_alive), methods=["POST"]),
            Route(f"{one}/left", self._of_drop(_left), methods=["POST"]),
            Route(f"{one}/remove", self._of_drop(self._remove), methods=["POST"]),
            Route(f"{one}/runs/{{run:int}}/page", self._of_drop(self._report)),
            Route(f"{one}/runs/{{run:int}}/files/{{name}}", self._of_drop(self._download)),
        ]
        handlers = {
            Refusal: self._refused,
            HTTPException: self._not_found,
            ClientDisconnect: _nobody,
            Exception: self._failed,
        }
        return Starlette(routes=[Mount(self._base, routes=routes)], exception_handlers=handlers)  # type: ignore[arg-type]

    async def prepare(self) -> None:
        """Import and compile what the slider needs, once the page has been shown."""
        await asyncio.sleep(1.0)

        def ahead() -> None:
            from spectra_dl_cli.web.live_view import compile_ahead

            compile_ahead()

        await asyncio.to_thread(ahead)

    async def sweep(self) -> None:
        """Take away what no page looks at any more, until this is cancelled."""
        while True:
            await asyncio.sleep(2)
            for drop in self._drops.abandoned():
                await self._end(drop)

    def _of_drop(self, answer: Callable[[Request, Drop], Awaitable[Response]]) -> Answer:
        async def answered(request: Request) -> Response:
            drop = self._drops.get(request.path_params["drop"])
            if not request.url.path.endswith("/left"):
                drop.keep()
            if drop.facts is None and drop.reading is not None and drop.reading.state == "done":
                drop.facts = json.loads((drop.notes / FACTS_FILE).read_text(encoding="utf-8"))
            return await answer(request, drop)

        return answered

    async def _start(self, request: Request) -> Response:
        return HTMLResponse(self._pages.start())

    async def _start_tissue(self, request: Request) -> Response:
        return HTMLResponse(self._pages.start_tissue())

    async def _demonstrate(self, request: Request) -> Response:
        drop = self._drops.begin("tissue")
        tissue.demonstration(drop)
        return await self._read_as(drop, {})

    async def _style(self, request: Request) -> Response:
        return Response(self._pages.style(), media_type="text/css", headers=_KEPT)

    async def _begin(self, request: Request) -> Response:
        drop = self._drops.begin("tissue" if request.query_params.get("kind") == "tissue" else "spectra")
        return JSONResponse({"url": f"{self._base}/drops/{drop.id}"})

    async def _upload(self, request: Request, drop: Drop) -> Response:
        length = request.headers.get("content-length", "0")
        declared = int(length) if length.isdecimal() else 0
        await receive(drop, request.query_params.get("name", ""), declared, request.stream())
        return Response(status_code=204)

    async def _read(self, request: Request, drop: Drop) -> Response:
        self._refuse_busy(drop)
        if not drop.files:
            raise Refusal(400, "no file came; drop a file of spectra")
        return await self._read_as(drop, await _fields(request))

    async def _read_as(self, drop: Drop, fields: Mapping[str, str]) -> Response:
        form = FORMS[drop.kind]
        first = {} if drop.is_read else form.guessed(drop)
        drop.choices = {**first, **form.chosen(drop, fields)}
        self._begin_reading(drop)
        await self._soon(drop, _SHORT)
        return RedirectResponse(f"{self._base}/drops/{drop.id}", 303)

    async def _soon(self, drop: Drop, seconds: float) -> None:
        """Wait a moment for what is at work on a drop."""
        end = time.monotonic() + seconds
        while drop.unfinished and (left := end - time.monotonic()) > 0:
            await self.jobs.change(left)

    def _begin_reading(self, drop: Drop) -> None:
        form = FORMS[drop.kind]
        words = form.reading_words(drop)
        drop.facts = drop.viewed = None
        printed, said = drop.notes / "read.out", drop.notes / "read.err"
        drop.reading = Job(form.task, words, drop.data, printed, said)
        self.jobs.submit(drop.reading)

    async def _show(self, request: Request, drop: Drop) -> Response:
        if not drop.is_read:
            raise Refusal(409, "the files of this page have not all come; drop them again on the first page")
        if drop.kind == "spectra":
            return HTMLResponse(self._pages.drop(drop, self.jobs))
        best = await asyncio.to_thread(tissue.best_genes, drop) if drop.facts else []
        return HTMLResponse(self._pages.section(drop, self.jobs, tissue.predicted(drop), best))

    async def _state(self, request: Request, drop: Drop) -> Response:
        before = now = state(drop, self.jobs)
        end = time.monotonic() + _NEWS
        if request.query_params.get("stamp") == now["stamp"]:
            while now["busy"] and now["done"] == before["done"] and time.monotonic() < end:
                await self.jobs.change(_LOOK)
                now = state(drop, self.jobs)
        return JSONResponse(now)

    async def _run(self, request: Request, drop: Drop) -> Response:
        self._refuse_busy(drop)
        fields = await _fields(request)
        form, kind = FORMS[drop.kind], fields.get("kind", "")
        if kind not in form.kinds:
            raise Refusal(400, "there is no such command on this page; reload it")
        if drop.facts is None:
            raise Refusal(409, "the files could not be read; drop others")
        if len(drop.runs) >= MOST_RUNS:
            raise Refusal(
                429, f"{MOST_RUNS} commands were run on these files; save what you need and drop them again"
            )
        before = drop.choices
        drop.choices = form.chosen(drop, fields)
        if kind == "evaluate":
            drop.models = chosen_models(fields)
        words = form.command_words(drop, kind, self._models.get(drop.kind))
        number = len(drop.runs) + 1
        job = Job("command", words, drop.data, drop.notes / f"{number}.out", drop.notes / f"{number}.err")
        out = drop.data / words[-1].removeprefix("--out=")
        if drop.choices != before:  # what was read is shown as this command reads it
            self._begin_reading(drop)
        drop.runs.append(Run(number, kind, words, out, job))
        self.jobs.submit(job)
        await self._soon(drop, _SHORT if kind == "predict" else _LONG)
        return RedirectResponse(f"{self._base}/drops/{drop.id}#run{number}", 303)

    async def _cancel(self, request: Request, drop: Drop) -> Response:
        for job in reversed(drop.unfinished):
            await self.jobs.cancel(job)
        return RedirectResponse(f"{self._base}/drops/{drop.id}", 303)

    async def _remove(self, request: Request, drop: Drop) -> Response:
        await self._end(drop)
        return RedirectResponse(f"{self._base}/", 303)

    async def _view(self, request: Request, drop: Drop) -> Response:
        from spectra_dl_cli.web import live_view as live

        if drop.facts is None:
            raise Refusal(409, "the files have not been read; reload the page")
        viewed = drop.viewed = drop.viewed or live.Viewed(drop.notes / VIEW_FILE)
        asked = request.query_params
        at, power = _number(asked.get("spectrum", "0")), _number(asked.get("power", str(live.FIRST)))
        method = asked.get("method", live.METHODS[0])
        is_place = live.LOWEST <= power <= live.HIGHEST and at in range(len(viewed))
        if method not in live.METHODS or not is_place:
            raise Refusal(400, "there is no such spectrum, method or place of the slider; reload the page")
        width = live.NARROW if asked.get("narrow") else live.WIDE
        try:
            view = await asyncio.to_thread(viewed.drawn, int(at), method, power, width)
        except SpectraDLError as err:
            raise Refusal(422, str(err)) from err
        command = command_line(correcting_words(drop, method, live.smoothing(power)))
        return JSONResponse({"html": self._pages.live(view), "command": command})

    async def _maps(self, request: Request, drop: Drop) -> Response:
        return JSONResponse(await asyncio.to_thread(tissue.maps, self._pages, request, drop))

    async def _report(self, request: Request, drop: Drop) -> Response:
        path = _written(request, drop, PAGE_NAME)
        return FileResponse(
            path, media_type=_KINDS_OF_FILES["html"], headers={"content-security-policy": REPORT}
        )

    async def _download(self, request: Request, drop: Drop) -> Response:
        name = request.path_params["name"]
        path = _written(request, drop, name)
        kind = _KINDS_OF_FILES[name.rpartition(".")[2]]
        return FileResponse(path, media_type=kind, filename=name, headers={"content-security-policy": REPORT})

    async def _end(self, drop: Drop) -> None:
        for job in reversed(drop.unfinished):
            await self.jobs.cancel(job)
        self._drops.remove(drop)

    def _refuse_busy(self, drop: Drop) -> None:
        if drop.unfinished:
            raise Refusal(409, "these files are being worked on; wait until that has ended, or cancel it")

    async def _refused(self, request: Request, refusal: Refusal) -> Response:
        # The connection ends where a body was not read to its end.
        headers = {"connection": "close"} if refusal.status in (408, 413) else {}
        if "text/html" in request.headers.get("accept", ""):
            page = self._pages.refused(refusal.sentence)
            return HTMLResponse(page, refusal.status, headers)
        return JSONResponse({"error": refusal.sentence}, refusal.status, headers)

    async def _failed(self, request: Request, error: Exception) -> Response:
        sentence = (
            f"internal error ({type(error).__name__}: {error}); report it, and use the command line meanwhile"
        )
        return await self._refused(request, Refusal(500, sentence[:500]))

    async def _not_found(self, request: Request, error: HTTPException) -> Response:
        return await self._refused(
            request, Refusal(error.status_code, "there is nothing here; go back to the first page")
        )


async def _fields(request: Request) -> Mapping[str, str]:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _LONGEST_FORM:
            raise Refusal(413, "the form is too long; reload the page")
    try:
        return dict(parse_qsl(body.decode("utf-8"), max_num_fields=40))
    except ValueError as err:
        raise Refusal(400, "the form can't be read; reload the page") from err


def _written(request: Request, drop: Drop, name: str) -> Path:
    number = request.path_params["run"]
    run = next((run for run in drop.runs if run.number == number), None)
    if run is None or name not in downloads(run):
        raise Refusal(404, "there is no such file; reload the page")
    path = run.out / name
    if path.is_symlink() or not path.is_file():
        raise Refusal(404, f"{name}: this command did not write it")
    return path


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return -1.0


def _script(name: str) -> Answer:
    text = files("spectra_dl_cli.web").joinpath("static", name).read_text(encoding="utf-8")

    async def answer(request: Request) -> Response:
        return Response(text, media_type="text/javascript", headers=_KEPT)

    return answer


async def _alive(request: Request, drop: Drop) -> Response:
    return Response(status_code=204)


async def _left(request: Request, drop: Drop) -> Response:
    drop.keep()
    drop.left = True
    return Response(status_code=204)


async def _nobody(request: Request, error: Exception) -> Response:
    return Response(status_code=400)
