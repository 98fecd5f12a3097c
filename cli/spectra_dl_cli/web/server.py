"""Start the server on this machine, and stop it without a trace."""

import asyncio
import contextlib
import logging
import secrets
import shutil
import signal
import socket
import tempfile
import webbrowser
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import uvicorn

from spectra_dl.errors import EnvironmentFault, UsageError
from spectra_dl.storage.folder_lock import folder_lock
from spectra_dl_cli.web.app import Site
from spectra_dl_cli.web.guard import LOOPBACK, Guard

_PREFIX = "spectra-dl-serve-"


def serve_page(
    port: int, models: Mapping[str, Path], *, opens_browser: bool, announce: Callable[[str], None]
) -> None:
    """Serve the page until the process is asked to end.

    Parameters
    ----------
    port
        0 takes a free one.
    models
        Files of models, by the kind of drop that they predict; see `spectra_dl_cli.web.app.Site`.
    opens_browser
        Open the page in it.
    announce
        Takes the address, once it answers.

    Raises
    ------
    UsageError
        The port is taken.
    EnvironmentFault
        There is no room for temporary files.
    """
    with _bound(port) as bound, _private_folder() as folder:
        token = secrets.token_urlsafe(24).replace("-", "a").replace("_", "b")
        address = f"http://{LOOPBACK}:{bound.getsockname()[1]}/{token}/"
        site = Site(folder, token, models)
        guarded = Guard(site.app(), bound.getsockname()[1], token)

        def ready() -> None:
            announce(address)
            if opens_browser:
                webbrowser.open(address)

        asyncio.run(_serve(site, guarded, bound, ready))


async def _serve(site: Site, guarded: Guard, bound: socket.socket, ready: Callable[[], None]) -> None:
    config = uvicorn.Config(
        guarded,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        ws="none",
        limit_concurrency=200,
        loop="asyncio",
        http="h11",
        timeout_graceful_shutdown=2,
    )
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # the page says what went wrong
    server = _Server(config, ready)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, server.stop)
    tasks = [asyncio.create_task(task) for task in (site.jobs.work(), site.sweep(), site.prepare())]
    try:
        await server.serve(sockets=[bound])
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _Server(uvicorn.Server):
    """A server that says when it answers, and leaves signals to us."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        await asyncio.to_thread(self._ready)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def stop(self) -> None:
        self.should_exit = True


def _bound(port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((LOOPBACK, port))
    except OSError as err:
        bound.close()
        raise UsageError(
            f"--port {port}: can't be listened on ({err.strerror}); leave --port out, and a free one is taken"
        ) from err
    return bound


@contextlib.contextmanager
def _private_folder() -> Iterator[Path]:
    """Yield a folder that only this user may look into, and that goes away; those of servers that were killed go too."""
    try:
        _sweep_killed()
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    except OSError as err:
        raise EnvironmentFault(
            f"{tempfile.gettempdir()}: can't write there ({err.strerror}); set TMPDIR to another folder"
        ) from err
    try:
        with folder_lock(folder):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sweep_killed() -> None:
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError), folder_lock(folder):
            if not folder.is_symlink():
                shutil.rmtree(folder, ignore_errors=True)
