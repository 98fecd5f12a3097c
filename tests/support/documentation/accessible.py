"""Open pages of the built site in Chromium, light and dark, and say what axe finds serious.

python tests/support/documentation/accessible.py build/site    (one page of each kind; exit code 1 where something is found)
"""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from pages.chromium import grave_faults, launched

# Prose and a picture, a long table, code, generated reference, every command's help, a notebook.
PAGES = (
    "",
    "refusals",
    "tutorials/spectra",
    "reference/evaluation",
    "reference/commands",
    "notebooks/scikit_learn",
)


def faults_of(browser, path, scheme):
    """Return what axe finds serious in a file, with its scripts run, in a scheme of colours."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme=scheme)
    opened = context.new_page()
    opened.goto(path.resolve().as_uri())
    found = grave_faults(opened)
    context.close()
    return found


def main(site):
    """Print the faults of the pages, and return whether there are any."""
    wrong = 0
    with launched() as browser:
        for name in PAGES:
            for scheme in ("light", "dark"):
                for fault in faults_of(browser, Path(site, name, "index.html"), scheme):
                    wrong += 1
                    sys.stdout.write(f"{name or 'index'} ({scheme}): {fault}\n")
    sys.stdout.write(f"{len(PAGES)} pages of the site: {wrong} serious faults\n")
    return wrong > 0


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except pytest.skip.Exception as missing:
        sys.stdout.write(f"The site's pages were not opened: {missing}\n")
