"""What the audit of sections finds, on studies with one planted fault and on clean ones."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_matrix, vstack
from scipy.spatial import cKDTree

from spectra_dl.arrays import text_array
from spectra_dl.expression.cohort import ExpressionCohort
from spectra_dl.expression.genes import shared_genes
from spectra_dl.expression.probes import section_findings
from spectra_dl.expression.readers import read_section
from spectra_dl.expression.simulation.tissue_study import TissueSettings, simulate_tissue
from spectra_dl.expression.spots import SpotTable
from spectra_dl.imaging.features.block import FeatureBlock


def study(seed=0, patients=2, sections_per_patient=1, **settings):
    """Return the sections of a small simulated study."""
    asked = {"genes": 40, **settings}
    drawn = simulate_tissue(TissueSettings(patients, sections_per_patient, 9, seed=seed, **asked))
    return [simulated.section for simulated in drawn]


def cohort(sections, sizes=(112.0,)):
    """Return a cohort of the sections whose features say nothing, from tiles of these sizes."""
    n = sum(map(len, sections))
    names = np.concatenate([np.full(len(section), section.name, dtype=object) for section in sections])
    table = SpotTable(
        features=np.zeros((n, len(sizes)), dtype=np.float32),
        blocks=tuple(FeatureBlock("simulated", size, 1) for size in sizes),
        position_um=np.concatenate([section.position_um for section in sections]),
        pitch_um=np.concatenate([np.full(len(section), section.spot_pitch_um) for section in sections]),
        section=names,
        patient=names,
        library=np.ones(n),
    )
    shared = shared_genes(sections)
    counts = [section.counts @ columns for section, columns in zip(sections, shared.columns, strict=True)]
    return ExpressionCohort(table, vstack(counts).tocsr(), shared.name, {}, ())


def findings(sections, group="patient", sizes=(112.0,)):
    """Return the findings by name."""
    return {
        finding.name: finding for finding in section_findings(sections, cohort(sections, sizes), group=group)
    }


def smoothed(section, neighbours):
    """Return a section whose counts are means over each spot and those nearest to it."""
    _, near = cKDTree(section.position_um).query(section.position_um, k=neighbours)
    return replace(section, counts=sum(section.counts[near[:, at]] for at in range(neighbours)) / neighbours)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("overdispersion", [0.0, 0.3])
def test_clean_studies_raise_no_alarm(seed, overdispersion):
    by_name = findings(study(seed, overdispersion=overdispersion))
    assert list(by_name) == [
        "one image twice",
        "counts twice",
        "patients on both sides",
        "overlapping tiles",
        "smoothed counts",
    ]
    assert {finding.severity for finding in by_name.values()} == {"fine"}


def test_few_counts_per_spot_are_not_taken_for_smoothed_ones():
    assert findings(study(depth=30.0))["smoothed counts"].severity == "fine"


def test_two_sections_of_one_image_stop_and_are_named():
    sections = study(patients=3)
    sections[2] = replace(sections[2], image=sections[0].image)
    finding = findings(sections)["one image twice"]
    assert finding.severity == "stop"
    assert f"{sections[0].name} = {sections[2].name}" in finding.sentence
    assert sections[1].name not in finding.sentence


def test_spots_with_the_counts_of_another_section_stop_and_are_counted():
    sections = study(patients=3)
    copied = replace(sections[2], name="copy", patient="another")
    finding = findings([*sections, copied])["counts twice"]
    assert finding.severity == "stop"
    assert f"{len(copied)} in {sections[2].name} = copy" in finding.sentence
    assert findings(sections)["counts twice"].severity == "fine"


def test_copied_counts_are_known_again_when_the_genes_stand_in_another_order():
    sections = study(patients=2)
    order = np.arange(len(sections[0].gene))[::-1]
    turned = replace(
        sections[0], name="copy", counts=sections[0].counts[:, order], gene=sections[0].gene[order]
    )
    assert findings([*sections, turned])["counts twice"].severity == "stop"


def test_copied_counts_are_known_again_where_a_section_has_genes_of_its_own():
    sections = study(patients=2)
    fewer = replace(sections[0], name="copy", counts=sections[0].counts[:, 1:], gene=sections[0].gene[1:])
    assert findings([*sections, fewer])["counts twice"].severity == "stop"


def test_copied_counts_of_a_small_panel_are_known_again_where_it_was_counted_often():
    sections = [
        replace(section, counts=section.counts[:, :8], gene=section.gene[:8])
        for section in study(patients=3, depth=20_000.0)
    ]
    assert findings(sections)["counts twice"].severity == "fine"
    copied = replace(sections[2], name="copy", patient="another")
    assert findings([*sections, copied])["counts twice"].severity == "stop"


def test_spots_of_few_counts_may_agree_by_chance_and_that_is_said():
    finding = findings(study(patients=3, depth=8.0))["counts twice"]
    assert finding.severity == "fine"
    assert "copies would not be seen" in finding.sentence


def test_an_image_that_differs_in_one_pixel_is_another_image():
    sections = study()
    copied = sections[0].image.pixels.copy()
    copied[0, 0, 0] ^= 1
    sections[1] = replace(sections[1], image=replace(sections[0].image, pixels=copied))
    assert findings(sections)["one image twice"].severity == "fine"


def test_sections_of_one_patient_warn_only_where_sections_are_left_out():
    sections = study(sections_per_patient=2)
    finding = findings(sections, group="section")["patients on both sides"]
    assert finding.severity == "warn"
    assert "SIM1, SIM2" in finding.sentence
    assert findings(sections, group="patient")["patients on both sides"].severity == "fine"
    assert findings(study(), group="section")["patients on both sides"].severity == "fine"


@pytest.mark.parametrize("neighbours", [2, 4, 9])
@pytest.mark.parametrize("seed", range(3))
def test_counts_that_were_smoothed_over_neighbours_stop_and_name_their_section(seed, neighbours):
    # As in tissue, a few genes are counted often, and most about once per spot or less.
    sections = study(seed, genes=600, depth=1500.0)
    assert findings(sections)["smoothed counts"].severity == "fine"
    sections[1] = smoothed(sections[1], neighbours)
    finding = findings(sections)["smoothed counts"]
    assert finding.severity == "stop"
    assert sections[1].name in finding.sentence
    assert sections[0].name not in finding.sentence


def test_genes_of_many_counts_and_steep_patterns_do_not_hide_the_smoothing():
    section = study(genes=600, depth=600.0)[0]
    pattern = 2000 * (1 + np.sin(np.arange(len(section)))[:, None] * np.ones((1, 250)))
    steep = np.concatenate([section.counts.toarray(), pattern], axis=1)
    both = replace(section, counts=csr_matrix(steep), gene=text_array([f"G{at}" for at in range(850)]))
    assert findings([both])["smoothed counts"].severity == "fine"
    assert findings([smoothed(both, 4)])["smoothed counts"].severity == "stop"


@pytest.mark.parametrize("name", ["C2", "MOB3"])
def test_real_sections_pass_as_counted_and_stop_once_smoothed(shared_data, name):
    section = read_section(next(shared_data.rglob(f"{name}.tsv.gz")), um_per_pixel=0.68)
    kept = section.select(section.usable)
    kept = replace(kept, spot_pitch_um=200.0)
    assert findings([kept])["smoothed counts"].severity == "fine"
    assert findings([smoothed(kept, 4)])["smoothed counts"].severity == "stop"


def test_the_measure_of_smoothing_is_1_for_counts_of_one_rate_everywhere():
    section = study()[0]
    counts = np.random.default_rng(0).poisson(20, (len(section), 40))
    even = replace(section, counts=csr_matrix(counts.astype(float)))
    sentence = findings([smoothed(even, 4)])["smoothed counts"].sentence
    # Two means of four such counts differ by a quarter of the variance, less where the four are shared.
    share = float(sentence.split("(")[1].split(")")[0])
    assert 0.05 < share < 0.25
    assert findings([even])["smoothed counts"].severity == "fine"


def test_spots_that_can_not_be_used_do_not_count_as_neighbours():
    section = study()[0]
    n = len(section)
    # Copies next to each spot would look smoothed, were they not left out.
    doubled = replace(
        section,
        barcode=text_array([*section.barcode, *(f"{barcode}b" for barcode in section.barcode)]),
        position_um=np.concatenate([section.position_um, section.position_um + 1.0]),
        reason=text_array([""] * n + ["not selected"] * n),
        counts=csr_matrix(np.tile(section.counts.toarray(), (2, 1))),
    )
    assert findings([doubled])["smoothed counts"].severity == "fine"
    all_used = replace(doubled, reason=text_array([""] * 2 * n))
    assert findings([all_used])["smoothed counts"].severity == "stop"


@pytest.mark.parametrize(
    ("sizes", "message"),
    [((112.0, 448.0), "448 um overlap at a pitch of 200 um"), ((112.0, 200.0), "No two tiles")],
)
def test_overlapping_tiles_are_recognised_by_the_widest(sizes, message):
    finding = findings(study(), sizes=sizes)["overlapping tiles"]
    assert message in finding.sentence
    assert finding.severity == "fine"


def test_features_made_elsewhere_tell_no_size_of_tile():
    assert "unknown size" in findings(study(), sizes=(float("nan"),))["overlapping tiles"].sentence


def test_few_spots_of_few_genes_are_not_taken_for_smoothed_ones_by_chance():
    # Neighbours of 52 spots differ by less than .8 of counting noise in 6 of these 200 sections of 6 genes.
    section = study()[0]
    for seed in range(200):
        counts = np.random.default_rng(seed).poisson(6.0, (len(section), 6)).astype(float)
        few = replace(section, counts=csr_matrix(counts), gene=section.gene[:6], symbol=None)
        assert findings([few])["smoothed counts"].severity == "fine"
    assert findings([smoothed(few, 4)])["smoothed counts"].severity == "stop"
