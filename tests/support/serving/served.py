"""spectra-dl serve at work, and a client that sends what no browser would."""

import http.client
import json
import os
import re
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

from command_line import command

_ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)(/\w+)/")


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


class Served:
    """A server with its temporary files in a folder of ours."""

    def __init__(self, temporary: Path, *words: object) -> None:
        self.temporary = temporary
        self.process = subprocess.Popen(
            command("serve", "--no-browser", *words),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "TMPDIR": str(temporary)},
        )
        assert self.process.stdout is not None
        printed = self.process.stdout.readline()
        found = _ADDRESS.search(printed)
        assert found, printed + self.process.communicate()[1]
        self.port, self.base = int(found[1]), found[2]
        self.address = f"http://127.0.0.1:{self.port}{self.base}/"

    def __enter__(self) -> "Served":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.stop()

    def stop(self, number: int = signal.SIGTERM) -> str:
        """End the server, and return what it said."""
        self.process.send_signal(number)
        _, said = self.process.communicate(timeout=30)
        return said

    def kept(self) -> list[Path]:
        """Every file there is of this server."""
        return [path for path in self.temporary.glob("spectra-dl-serve*/**/*") if path.is_file()]

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        """Send one request, with exactly this path."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.putrequest(method, path, skip_host="Host" in headers)
            sent = body.encode() if isinstance(body, str) else body
            if sent is not None:
                connection.putheader("Content-Length", str(len(sent)))
            for name, value in headers.items():
                connection.putheader(name.replace("_", "-"), value)
            connection.endheaders(sent)
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            connection.close()

    def get(self, path: str) -> str:
        """Return a page."""
        answer = self.ask("GET", path, Accept="text/html")
        assert answer.status == 200, answer.text
        return answer.text

    def send(self, files: dict[str, bytes]) -> str:
        """Send files as the page does, and return the address of their drop."""
        drop = json.loads(self.ask("POST", f"{self.base}/drops").text)["url"]
        for name, content in files.items():
            answer = self.ask("PUT", f"{drop}/files?name={quote(name, safe='')}", content)
            assert answer.status == 204, answer.text
        return drop

    def read(self, files: dict[str, bytes], **fields: str) -> str:
        """Send files, wait until they are read, and return the address of their drop."""
        drop = self.send(files)
        assert self.ask("POST", f"{drop}/read", urlencode(fields)).status == 303
        self.wait(drop)
        return drop

    def run(self, drop: str, kind: str, **fields: str) -> None:
        """Run a command on a drop, and wait for its end."""
        answer = self.ask("POST", f"{drop}/runs", urlencode({"kind": kind, **fields}))
        assert answer.status == 303, answer.text
        self.wait(drop)

    def start_long(self, drop: str) -> None:
        """Begin an evaluation of a drop, which is at work for many seconds on any machine, and don't wait."""
        answer = self.ask(
            "POST", f"{drop}/runs", "kind=evaluate&model-random-forest=yes&model-minirocket=yes&label=label"
        )
        assert answer.status == 303, answer.text

    def state(self, drop: str) -> dict[str, object]:
        """Return what the page shows of the work."""
        state: dict[str, object] = json.loads(self.ask("GET", f"{drop}/state").text)
        return state

    def wait(self, drop: str, seconds: float = 120) -> None:
        """Wait until nothing is at work on a drop."""
        end = time.monotonic() + seconds
        while self.state(drop)["busy"]:
            assert time.monotonic() < end, self.state(drop)
            time.sleep(0.05)
