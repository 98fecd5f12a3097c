"""Each table of a page can be saved."""

import base64
import re

from spectra_dl.evaluation.report.table_downloads import with_downloads

PAGE = """<p>before</p><table><caption>Scores</caption>
<thead><tr><td></td><th colspan="2">by <b>patient</b></th></tr><tr><th>model</th><th>AUC</th><th>n</th></tr></thead>
<tbody><tr><th><bdi>=1+1</bdi></th><td>0.5<svg><text>0.7</text></svg></td><td>a,
b</td></tr></tbody></table><p>after</p><table><tr><td>other</td></tr></table>"""


def saved(page: str) -> list[str]:
    links = re.findall(
        r'<a class="download" download="table-\d\.csv" href="data:text/csv;charset=utf-8;base64,([^"]*)">',
        page,
    )
    return [base64.b64decode(link).decode("utf-8") for link in links]


def test_a_table_is_saved_as_it_is_shown_and_runs_nothing() -> None:
    first, second = saved(with_downloads(PAGE))
    assert first == ',by patient,\nmodel,AUC,n\n\'=1+1,0.5,"a, b"\n'
    assert second == "other\n"


def test_the_page_is_otherwise_the_same() -> None:
    done = with_downloads(PAGE)
    assert re.sub(r"\n<a class=\"download\".*?</a>", "", done) == PAGE
    assert with_downloads("<p>no table</p>") == "<p>no table</p>"
