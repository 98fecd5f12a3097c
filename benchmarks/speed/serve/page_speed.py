"""What a person waits for at the page of serve, in a real Chromium: its start, the cards, a place of the slider; and what twenty jobs leave in memory.

Run: ``python benchmarks/speed/serve/page_speed.py [starts]``, 5 unless said. Medians by the clock, which depend on what else the machine does: its load
stands before and after, and beside the clock what the server and its jobs took of processors. Returns 1 where a limit is passed.
"""

import contextlib
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
from playwright.sync_api import Browser, Page, sync_playwright

from spectra_dl.spectra.simulation.serum_study import StudySettings, simulate_study

DEMO = Path(__file__).resolve().parents[3] / "datasets" / "demo" / "spectra.csv"
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/\w+/")
USABLE_S, CARDS_S, REDRAW_MS, MEMORY_MB = 2.0, 3.0, 150.0, 50.0
JOBS, PLACES, POINTS, PATIENTS = 20, 30, 1_000, 12
# The median of so many places of the slider, from the event to the drawing.
MOVED = """async (places) => { const times = []; for (let at = 0; at < places; at++) { const power = document.getElementById("power");
const drawn = new Promise((done) => new MutationObserver((_, seen) => { seen.disconnect(); done(); }).observe(document.getElementById("view"), { childList: true }));
const begin = performance.now(); power.value = 3 + at / 5; power.dispatchEvent(new Event("input")); await drawn; times.push(performance.now() - begin); }
return times.sort((a, b) => a - b)[Math.floor(places / 2)]; }"""


@dataclass(frozen=True)
class Served:
    """A server with a page of it, and when it was begun."""

    page: Page
    process: psutil.Popen
    began: float

    def processors(self) -> float:
        """Return the seconds of processors of the server, of the process that jobs are forked from, and of ended jobs."""
        times = [each.cpu_times() for each in (self.process, *self.process.children())]
        return sum(each.user + each.system + each.children_user + each.children_system for each in times)

    def memory(self) -> float:
        """Return megabytes of the server and the process that jobs are forked from."""
        return sum(each.memory_info().rss for each in (self.process, *self.process.children())) / 2**20


def main() -> int:
    """Print a line for each figure, and return 1 where one is over its limit."""
    starts = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    print(f"load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    with chromium() as browser:
        waited = [started(browser) for _ in range(starts)]
        usable, at_once, later = (statistics.median(each) for each in zip(*waited, strict=True))
        redraw, memory = slider(browser), jobs(browser)
    print(f"load after: {os.getloadavg()[0]:.1f}")
    within = [
        said("page usable after the start", usable, USABLE_S, "s"),
        said("drop of the demonstration to its cards", later, CARDS_S, "s"),
        said("place of the slider, one spectrum of 1,000 points", redraw, REDRAW_MS, "ms"),
        said(f"memory after {JOBS} jobs less that after the first", memory, MEMORY_MB, "MB"),
    ]
    print(f"drop at the very start to its cards: {at_once:.2f} s")
    return 0 if all(within) else 1


def started(browser: Browser) -> tuple[float, float, float]:
    """Return seconds until a page could be used, and from a drop to the cards: at once, and when the server has long been there."""
    with served(browser) as server:
        usable = time.perf_counter() - server.began
        at_once = cards(server.page)
        processors = server.processors()
        server.page.goto(server.page.url.partition("/drops/")[0] + "/")
        later = cards(server.page)
        print(
            f"usable {usable:.2f} s; cards {at_once:.2f} s at once, {later:.2f} s later ({server.processors() - processors:.2f} s of processors)",
            flush=True,
        )
    return usable, at_once, later


def cards(page: Page) -> float:
    """Drop the demonstration, confirm at once, and return the seconds until the last card is seen."""
    began = time.perf_counter()
    drop(page, DEMO)
    predict(page)
    return time.perf_counter() - began


def predict(page: Page) -> None:
    """Ask for a prediction, and wait for its last card."""
    page.get_by_role("button", name="Predict", exact=True).click()
    page.frame_locator("iframe.report").locator("article.card").nth(PATIENTS - 1).wait_for()


def slider(browser: Browser) -> float:
    """Return milliseconds from a place of the slider to its drawing."""
    with served(browser) as server, tempfile.TemporaryDirectory() as folder:
        table = simulate_study(StudySettings(patients=4, spectra_per_patient=1, n_wavenumbers=POINTS)).table
        path = Path(folder, "spectra.csv")
        rows = ["sample_id," + ",".join(f"{place:.2f}" for place in table.wavenumber)]
        rows += [
            f"{name}," + ",".join(f"{value:.1f}" for value in row)
            for name, row in zip(table.sample_id, table.intensity, strict=True)
        ]
        path.write_text("\n".join(rows) + "\n", encoding="utf-8")
        drop(server.page, path)
        server.page.locator("#view svg").wait_for()
        server.page.wait_for_timeout(2_000)  # for what is compiled once
        return float(server.page.evaluate(MOVED, PLACES))


def jobs(browser: Browser) -> float:
    """Return megabytes after many jobs, each a drop that is predicted and removed, less those after the first."""
    used = []
    with served(browser) as server:
        for _ in range(JOBS):
            drop(server.page, DEMO)
            predict(server.page)
            used.append(server.memory())
            server.page.get_by_role("button", name="Remove these files").click()
            server.page.locator("#drop").wait_for()
    return used[-1] - used[0]


def drop(page: Page, path: Path) -> None:
    """Drop a file on the page as a person does."""
    client = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(path)], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        client.send("Input.dispatchDragEvent", {"type": kind, "x": 400, "y": 250, "data": data})
    client.detach()


@contextlib.contextmanager
def served(browser: Browser) -> Iterator[Served]:
    """Yield a server whose page can be used."""
    began = time.perf_counter()
    process = psutil.Popen(
        [sys.executable, "-m", "spectra_dl_cli", "serve", "--no-browser"], stdout=subprocess.PIPE, text=True
    )
    try:
        found = ADDRESS.search(process.stdout.readline())
        if found is None:
            raise SystemExit("spectra-dl serve did not start")
        page = browser.new_page()
        page.goto(found[0])
        page.locator("#drop").wait_for()
        yield Served(page, process, began)
        page.close()
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Yield a browser: that of the system, or Playwright's own."""
    names = ("chromium", "chromium-browser", "google-chrome")
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


def said(what: str, figure: float, limit: float, unit: str) -> bool:
    """Print a figure against its limit, and return whether it is within it."""
    print(
        f"{what}: {figure:.3g} {unit}, at most {limit:g} {unit}: {'reached' if figure <= limit else 'NOT REACHED'}"
    )
    return figure <= limit


if __name__ == "__main__":
    sys.exit(main())
