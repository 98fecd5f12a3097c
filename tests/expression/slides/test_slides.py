"""Slides become patients with a profile, or are refused in words."""

from dataclasses import replace

import numpy as np
import pytest

from example_sections import write_section
from spectra_dl.errors import DataError, UsageError
from spectra_dl.expression.readers import read_section
from spectra_dl.expression.slides.cohort import profiled_slides


@pytest.fixture(scope="module")
def section(tmp_path_factory):
    folder = tmp_path_factory.mktemp("slides")
    write_section(folder, "S0", 0)
    return replace(read_section(folder / "S0.tsv", um_per_pixel=1.0), patient="P1")


def test_counts_of_a_patients_usable_spots_are_added_up(section):
    slides = profiled_slides([section])
    assert slides.patient.tolist() == ["P1"]
    total = np.asarray(section.counts[section.usable].sum(axis=0)).ravel()
    profiles = slides.profiles
    assert dict(zip(profiles.gene, profiles.counts[0], strict=True)) == dict(
        zip(section.gene, total, strict=True)
    )


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"patient": None}, "slides without a patient: S0; name the patient of each in the sheet"),
        ({"counts": 0}, "patients without a count in any usable spot: P1; leave them out"),
    ],
)
def test_what_a_slide_lacks_is_said(section, change, says):
    if "counts" in change:
        change = {"counts": section.counts * 0}
    with pytest.raises(DataError, match=says):
        profiled_slides([replace(section, **change)])


def test_nothing_is_no_study():
    with pytest.raises(DataError, match="no slides; name some in the sheet"):
        profiled_slides([])


def test_a_table_has_no_profiles_of_sections(section):
    with pytest.raises(UsageError, match="leave --group section out"):
        profiled_slides([section], bulk=object(), group="section")
