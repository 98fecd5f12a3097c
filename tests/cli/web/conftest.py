"""One server for all tests of the page, and one browser for a module."""

from itertools import product

import pytest

from pages.chromium import launched
from serving.served import Served


@pytest.fixture(scope="session")
def served(tmp_path_factory):
    with Served(tmp_path_factory.mktemp("served")) as server:
        yield server


@pytest.fixture(scope="module")  # while it lives, its event loop is in the way of tests that run one
def chromium():
    with launched() as browser:
        yield browser


@pytest.fixture(scope="module")
def opened(chromium, served):
    """Opens a page that fails its tests where a script fails or a request leaves this machine."""
    contexts, errors, asked = [], [], []

    def new(**options):
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        contexts.append(context)
        context.on("request", lambda each: asked.append(each.url))
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on(
            "console",
            lambda message: errors.append(message.text) if "Content Security" in message.text else None,
        )
        page.set_default_timeout(60_000)
        page.goto(served.address)
        return page

    yield new
    for context in contexts:
        context.close()
    assert errors == []
    assert [url for url in asked if not url.startswith((served.address.rstrip("/"), "data:"))] == []


@pytest.fixture
def page(opened):
    """A page of its own for a test, which is closed after it."""
    page = opened()
    yield page
    page.context.close()


@pytest.fixture
def looked_at():
    """Checks that nothing of a page is cut at 500 and 1280 pixels, light and dark, and that axe finds nothing serious."""
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="pip install axe-playwright-python"
    ).Axe()

    def check(page):
        for scheme, width in product(("light", "dark"), (500, 1280)):
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (scheme, width)
            background = page.evaluate("getComputedStyle(document.body).backgroundColor")
            assert (background == "rgb(255, 255, 255)") == (scheme == "light")
            found = axe.run(page).response["violations"]
            grave = [each["id"] for each in found if each["impact"] in ("serious", "critical")]
            assert grave == [], (scheme, width)

    return check
