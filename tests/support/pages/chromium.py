"""A real Chromium that opens pages, or a skip that says how to get one."""

import contextlib
import os
import shutil
from pathlib import Path

import pytest

MISSING = "the browser's tests need Chromium: apt-get install chromium, or playwright install chromium; CHROMIUM names another place"
NAMES = ("chromium", "chromium-browser", "google-chrome")


@contextlib.contextmanager
def launched():
    """Yield a browser."""
    api = pytest.importorskip("playwright.sync_api", reason="pip install playwright")
    with api.sync_playwright() as playwright:
        installed = [
            os.environ.get("CHROMIUM"),
            *map(shutil.which, NAMES),
            playwright.chromium.executable_path,
        ]
        path = next((each for each in installed if each and Path(each).exists()), None)
        if path is None:
            pytest.skip(MISSING)
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


def serious_faults(browser, page, *, width, scheme):
    """What axe finds serious in a page, what sticks out of it, and what it asked of the network, at a width and with a scheme of colours.

    Parameters
    ----------
    browser
        From `launched`.
    page
        HTML.
    width
        In pixels.
    scheme
        ``"light"`` or ``"dark"``.
    """
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    opened, asked = context.new_page(), []
    context.on("request", lambda each: asked.append(each.url))
    opened.set_content(page)
    for each in opened.locator("details").all():
        each.evaluate("details => { details.open = true }")
    wider = opened.evaluate("document.documentElement.scrollWidth - innerWidth")
    faults = grave_faults(opened)
    context.close()
    return [
        *faults,
        *([f"{wider} pixels stick out"] if wider > 0 else []),
        *(url for url in asked if not url.startswith(("data:", "about:"))),
    ]


def grave_faults(opened):
    """What axe finds serious or critical in an open page, each with the first element it is found in."""
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="pip install axe-playwright-python"
    ).Axe()
    return [
        f"{each['id']}: {each['nodes'][0]['html']}"
        for each in axe.run(opened).response["violations"]
        if each["impact"] in ("serious", "critical")
    ]
