"""The files that every evaluation writes beside its report."""

import json
from collections.abc import Mapping

from spectra_dl.storage.run_folder import PAGE_NAME
from spectra_dl.storage.text.json_text import json_text


def report_files(split: str, report: Mapping[str, object]) -> dict[str, str]:
    """Return ``folds.csv``, ``report.html`` and, of classes, ``items.json`` by name.

    Parameters
    ----------
    split
        Text of the folds.
    report
        The whole report, of which the page is made alone.
    """
    from spectra_dl.evaluation.report.page.render import report_page
    from spectra_dl.evaluation.report.page.reporting.items_json import items_files

    content = json.loads(json_text(report))
    return {"folds.csv": split, PAGE_NAME: report_page(content), **items_files(content)}
