"""Print docs/refusals.md: ``python tests/support/refusals_page.py > docs/refusals.md``."""

import sys

from refusals.page import page_text

if __name__ == "__main__":
    sys.stdout.write(page_text())
