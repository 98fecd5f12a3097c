"""The page as a person uses it, in a real Chromium."""

import re
import time
from pathlib import Path

import pytest

from serving.dropping import drop
from serving.served import Served

pytestmark = pytest.mark.xdist_group("served")


@pytest.fixture(scope="module")
def demo(repository):
    return repository / "datasets" / "demo" / "spectra.csv"


def predicted(page, demo):
    """Drop the demonstration, confirm, and return the frame of the cards."""
    drop(page, demo)
    page.get_by_role("button", name="Predict", exact=True).click()
    frame = page.frame_locator("iframe.report")
    frame.locator("article.card").nth(11).wait_for()
    return frame


@pytest.fixture(scope="module")
def cards(opened, demo):
    """The page of the demonstration after it was predicted."""
    page = opened()
    predicted(page, demo)
    return page


@pytest.fixture(scope="module", autouse=True)
def left_by_another(opened, demo):
    """A page whose drop another page showed too, and when that one went: the other tests run meanwhile."""
    page = opened()
    predicted(page, demo)
    other = page.context.new_page()
    other.goto(page.url)
    other.frame_locator("iframe.report").locator("article.card").first.wait_for()
    other.close()
    return page, time.monotonic()


@pytest.fixture(scope="module", autouse=True)
def without_server(chromium, tmp_path_factory, demo):
    """A page whose server has ended, which it finds out within seconds: the other tests run meanwhile."""
    with Served(tmp_path_factory.mktemp("ended")) as server:
        page = chromium.new_page()
        page.goto(server.address)
        page.set_input_files("#files", demo)
        page.get_by_text("Guesses, to be confirmed").wait_for()
        assert not page.get_by_text("Interrupted").is_visible()
    yield page
    page.close()


def test_a_dropped_table_is_shown_for_confirmation_before_anything_is_predicted(page, demo):
    drop(page, demo)
    page.get_by_text("Guesses, to be confirmed").wait_for()
    assert page.get_by_text("column patient_id was taken as the patient").is_visible()
    assert page.locator("iframe").count() == 0


def test_what_was_confirmed_becomes_cards(cards):
    assert cards.frame_locator("iframe.report").locator("article.card").count() == 12
    assert cards.get_by_text("spectra-dl predict spectra.csv --out=results").is_visible()


def test_who_has_no_answer_is_shown_why(cards):
    said = cards.frame_locator("iframe.report").locator("article.card").first.inner_text()
    assert "No answer" in said
    assert "at 90% coverage it may be bone metastasis or no metastasis" in said


def test_the_frame_is_as_high_as_the_report(cards):
    cards.wait_for_function(
        "() => { const f = document.querySelector('iframe.report'); return f.clientHeight >= f.contentDocument.documentElement.scrollHeight }"
    )


def test_a_report_can_be_saved(cards):
    with cards.expect_download() as saved:
        cards.get_by_role("link", name="patients.csv").click()
    assert saved.value.suggested_filename == "patients.csv"
    assert Path(saved.value.path()).read_text(encoding="utf-8").startswith("patient")


def test_a_folder_of_patients_can_be_dropped(page, tmp_path):
    for patient in ("m1", "m2"):
        folder = tmp_path / "mice" / patient
        folder.mkdir(parents=True)
        (folder / "raman_shift.csv").write_text("\n".join(str(400 + 2 * at) for at in range(200)))
        (folder / "spectra.csv").write_text("\n".join(",".join(["1"] * 200) for _ in range(3)))
    drop(page, tmp_path / "mice")
    page.get_by_text("Guesses, to be confirmed").wait_for()
    assert page.locator(".tally li").first.inner_text().startswith("6")


def test_several_files_with_a_sheet_can_be_dropped(page, tmp_path):
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("\n".join(f"{400 + 2 * at}\t{at % 7}" for at in range(200)))
    (tmp_path / "sheet.csv").write_text("file,patient\na.txt,p1\nb.txt,p2\n")
    drop(page, *sorted(tmp_path.iterdir()))
    page.get_by_text("Guesses, to be confirmed").wait_for()
    assert page.locator("select[name=samples]").input_value() == "sheet.csv"


def test_what_can_not_be_read_is_refused_in_words(page, tmp_path):
    (tmp_path / "notes.csv").write_text("# nothing\n")
    drop(page, tmp_path / "notes.csv")
    assert "no spectra" in page.get_by_role("alert").inner_text()
    assert page.get_by_role("button", name="Predict", exact=True).count() == 0


def test_too_many_files_are_refused_before_any_is_sent(page, tmp_path):
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(2_001):
        (folder / f"{number}.txt").touch()
    drop(page, folder)
    page.get_by_text("more than 2000 files in one drop").wait_for()


def test_the_slider_draws_anew_and_shows_the_command(page, demo):
    drop(page, demo)
    page.locator("#view svg").wait_for()
    before = page.locator("#view .fit").get_attribute("d")
    page.locator("#power").fill("8")
    page.get_by_text("--lam=1e+08").wait_for()
    assert page.locator("#view .fit").get_attribute("d") != before
    page.locator("#method").select_option("arpls")
    page.get_by_text("--baseline=arpls").wait_for()


def test_a_spectrum_is_drawn_anew_where_the_window_becomes_narrow(page, demo):
    drop(page, demo)
    page.locator("#view svg[viewBox^='0 0 960']").wait_for()
    page.set_viewport_size({"width": 500, "height": 900})
    page.locator("#view svg[viewBox^='0 0 480']").wait_for()


def test_a_place_of_the_slider_is_drawn_in_time(page, demo):
    drop(page, demo)
    page.locator("#view svg").wait_for()
    page.wait_for_timeout(2_000)  # for what is compiled once
    times = page.evaluate(
        """async () => { const times = []; for (let at = 0; at < 15; at++) { const power = document.getElementById("power");
        const drawn = new Promise((done) => new MutationObserver((_, seen) => { seen.disconnect(); done(); }).observe(document.getElementById("view"), { childList: true }));
        const begin = performance.now(); power.value = 4 + at / 5; power.dispatchEvent(new Event("input")); await drawn; times.push(performance.now() - begin); }
        return times.sort((a, b) => a - b); }"""
    )
    assert times[len(times) // 2] < 150


def test_the_chosen_models_are_evaluated_with_their_progress_and_can_be_cancelled(page, demo):
    drop(page, demo)
    page.get_by_label("PLS-DA").uncheck()
    page.get_by_label("random forest").check()
    page.get_by_role("button", name="Evaluate").click()
    page.get_by_text(re.compile(r"Working, \d+ s so far: ")).wait_for()
    assert float(page.locator("#done").get_attribute("max")) > 5
    page.get_by_role("button", name="Cancel").click()
    page.get_by_text("Nothing of it was kept.").wait_for()
    assert page.locator("#done").count() == 0
    assert page.get_by_text("--models=logistic,random-forest").is_visible()
    page.locator("summary").first.click()
    assert not page.get_by_label("PLS-DA").is_checked()


def test_reloading_keeps_what_was_done_also_in_the_middle(page, demo):
    drop(page, demo)
    page.wait_for_url("**/drops/*")  # else this, and not that of the button, is the navigation waited for
    # Without news the page does not reload itself, at the moment in which it is reloaded here.
    page.route("**/state?*", lambda route: route.abort())
    with page.expect_navigation():
        page.get_by_role("button", name="Predict", exact=True).click()
    page.reload()
    page.unroute("**/state?*")
    page.frame_locator("iframe.report").locator("article.card").first.wait_for()
    page.reload()
    page.frame_locator("iframe.report").locator("article.card").first.wait_for()


def test_who_asks_after_their_files_are_gone_is_shown_what_to_do(page, served, demo):
    drop(page, demo)
    page.get_by_text("Guesses, to be confirmed").wait_for()
    address = page.url
    page.get_by_role("button", name="Remove these files").click()
    page.get_by_text("Drop Raman spectra here").wait_for()
    page.goto(address)
    assert "drop them again" in page.get_by_role("alert").inner_text()


def test_nothing_is_cut_and_every_colour_can_be_read(page, looked_at, demo):
    looked_at(page)
    drop(page, demo)
    page.locator("#view svg").wait_for()
    looked_at(page)
    page.get_by_role("button", name="Predict", exact=True).click()
    page.frame_locator("iframe.report").locator("article.card").first.wait_for()
    page.wait_for_timeout(500)
    looked_at(page)
    page.set_viewport_size({"width": 500, "height": 900})
    assert page.evaluate(
        "document.querySelector('iframe').contentDocument.documentElement.scrollWidth <= document.querySelector('iframe').clientWidth"
    )


def test_two_pages_of_one_drop_show_the_same_and_one_may_go(left_by_another):
    page, left = left_by_another
    time.sleep(max(0.0, left + 18 - time.monotonic()))  # longer than a page that went is waited for
    page.goto(page.url)
    page.frame_locator("iframe.report").locator("article.card").first.wait_for()


def test_a_page_whose_server_has_ended_says_so(without_server):
    without_server.get_by_text("Interrupted").wait_for()
    assert "run spectra-dl serve again" in without_server.get_by_role("alert").inner_text()
