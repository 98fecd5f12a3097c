"""From the tables of two instruments to a transfer: what is matched, chosen, refused, stored and applied."""

import hashlib
import json
from dataclasses import replace

import numpy as np
import pytest

from spectra_dl import (
    DataError,
    ModelFileError,
    ReadOptions,
    UsageError,
    calibrate_axis,
    learn_transfer,
    read_spectra,
)
from spectra_dl.arrays import text_array
from spectra_dl.spectra.quality.verdicts import inspect
from spectra_dl.spectra.readers.several_files import concatenate
from spectra_dl.spectra.simulation.instruments import (
    Instrument,
    InstrumentStudySettings,
    simulate_instruments,
)
from spectra_dl.spectra.simulation.serum_study import StudySettings
from spectra_dl.spectra.simulation.standard_spectrum import Spectrometer, simulate_standard
from spectra_dl.spectra.table import MEASURED, TRANSFER, SpectraTable, spectrum_hashes
from spectra_dl.spectra.table_files import write_table
from spectra_dl.spectra.transfer.alignment import align
from spectra_dl.spectra.transfer.instrument_transfer import InstrumentTransfer
from spectra_dl.storage.sealed import read_sealed, write_sealed

pytestmark = pytest.mark.xdist_group("transfer")

SETTINGS = InstrumentStudySettings(
    study=StudySettings(patients=8, spectra_per_patient=1, n_wavenumbers=300, seed=4), instruments=2
)
OFF = Instrument("instrument B", shift=5.0, stretch=-2.0, broadening=3.0, response=(0.3, -0.1, 0.05))


@pytest.fixture(scope="module")
def study():
    """Eight patients and ten samples, a perfect instrument and one that is off."""
    return simulate_instruments(SETTINGS, (Instrument("instrument A"), OFF))


@pytest.fixture(scope="module")
def samples(study):
    """The transfer samples on both."""
    return study.transfer_of("instrument A"), study.transfer_of("instrument B")


@pytest.fixture(scope="module")
def transfer(samples):
    """What is learned from them."""
    return learn_transfer(*samples)


def test_pds_wins_and_brings_the_samples_closer_to_the_master(transfer):
    left = {each.method: each.error for each in transfer.errors}
    assert list(left) == ["none", "ds", "pds", "epo", "top"]
    assert transfer.method == "pds"
    assert left["pds"] == min(left.values()) < 0.5 * left["none"]
    assert (transfer.master, transfer.slave, transfer.samples) == ("instrument A", "instrument B", 10)


def test_the_axis_is_aligned_to_a_part_of_a_point(samples):
    master, slave = samples
    found = align(slave.intensity, master.intensity, master.wavenumber).displacement
    assert found[0] == pytest.approx(OFF.shift, abs=0.5)
    assert found[1] == pytest.approx(OFF.stretch, abs=1.0)


def test_instruments_that_are_alike_are_left_as_they_are():
    alike = simulate_instruments(SETTINGS, (Instrument("instrument A"), Instrument("instrument B")))
    one = alike.transfer_of("instrument A")
    assert learn_transfer(one, replace(one, batch=None)).method == "none"


@pytest.mark.parametrize("method", ["none", "ds", "pds", "epo", "top"])
def test_what_was_asked_for_is_taken_stored_and_read_again(samples, method, tmp_path):
    learned = learn_transfer(*samples, method)
    assert learned.method == method
    learned.save(tmp_path / "t.safetensors")
    again = InstrumentTransfer.load(tmp_path / "t.safetensors")
    assert again.words() == learned.words()
    np.testing.assert_array_equal(again.applied(samples[1]).intensity, learned.applied(samples[1]).intensity)
    again.save(tmp_path / "u.safetensors")
    assert (tmp_path / "u.safetensors").read_bytes() == (tmp_path / "t.safetensors").read_bytes()


def test_spectra_of_the_master_stay_and_all_say_what_was_done(transfer, study):
    brought = transfer.applied(study.table)
    master = study.table.batch == "instrument A"
    slave = brought.metadata[TRANSFER][~master]
    assert set(slave) == {transfer.words()}
    assert set(brought.metadata[TRANSFER][master]) == {""}
    assert list(brought.metadata[MEASURED]) == spectrum_hashes(study.table)
    np.testing.assert_array_equal(brought.wavenumber, transfer.wavenumber)
    assert any("whose batch is instrument A" in note for note in brought.notes)
    with pytest.raises(DataError, match="transferred before"):
        transfer.applied(brought)


def test_a_projection_is_of_both_instruments(samples, study):
    projected = learn_transfer(*samples, "epo").applied(study.table)
    assert set(projected.metadata[TRANSFER]) == {projected.instrument_transfer}
    assert projected.instrument_transfer.startswith("projected by EPO")


def test_a_cosmic_ray_is_not_smeared_and_a_wide_gap_stays_without_values(transfer, samples):
    one = samples[1].select([0, 1])
    hit = one.intensity.copy()
    hit[0, 150] += 40_000
    hit[1, 20:30] = np.nan
    brought = transfer.applied(replace(one, intensity=hit)).intensity
    np.testing.assert_allclose(brought[0], transfer.applied(one).intensity[0], rtol=0.03)
    assert np.isnan(brought[1]).all()


def test_blocks_are_read_as_the_whole(transfer, study, tmp_path):
    from spectra_dl.spectra.readers import iter_spectra

    transfer.save(tmp_path / "t.safetensors")
    write_table(tmp_path / "s.csv", study.table)
    options = ReadOptions(transfer=tmp_path / "t.safetensors")
    whole = read_spectra(tmp_path / "s.csv", options)
    parts = [block.intensity for block in iter_spectra(tmp_path / "s.csv", options, rows=3)]
    np.testing.assert_array_equal(np.vstack(parts), whole.intensity)
    np.testing.assert_allclose(whole.intensity, transfer.applied(study.table).intensity)


def test_what_cannot_be_matched_is_refused(samples):
    master, slave = samples
    strangers = text_array([f"X{row}" for row in range(len(slave))])
    with pytest.raises(DataError, match="0 samples stand in both files"):
        learn_transfer(master, replace(slave, patient=strangers))
    numbered = replace(slave, patient=None, notes=("no column sample_id; the rows were numbered",))
    with pytest.raises(DataError, match="rows in the same order need not be the same samples"):
        learn_transfer(master, numbered)
    with pytest.raises(DataError, match="at least half of the first"):
        learn_transfer(master, replace(slave, wavenumber=slave.wavenumber + 1_000))
    with pytest.raises(UsageError, match="no method is called 'pca'"):
        learn_transfer(master, slave, "pca")
    gaps = slave.intensity.copy()
    gaps[3, 5] = np.nan
    with pytest.raises(DataError, match="has missing values"):
        learn_transfer(master, replace(slave, intensity=gaps))


def test_samples_match_by_id_where_no_patients_are_named_and_others_are_left_out(samples):
    def named(table, start):
        each = [f"{name}" for name in table.patient[:10]]
        return SpectraTable(table.intensity[start : start + 8], table.wavenumber, each[start : start + 8])

    learned = learn_transfer(named(samples[0], 0), named(samples[1], 2))
    assert learned.samples == 6
    assert learned.notes == ("4 samples stand in one of the files alone and were left out",)
    assert learned.master is None


def test_a_narrower_axis_is_refused_with_what_is_needed(transfer, samples):
    with pytest.raises(DataError, match="the transfer is of 400 to 1800 cm-1"):
        transfer.applied(samples[1].points(slice(60, None)))


def test_a_file_that_says_otherwise_than_its_tensors_is_refused(transfer, tmp_path):
    path = tmp_path / "t.safetensors"
    transfer.save(path)
    sealed = read_sealed(path, "spectra_dl_transfer")
    described = json.loads(sealed.text)
    for change in (
        {"method": "ds"},
        {"half_window": 0},
        {"extra": 1},
        {"samples": 1},
        {"aligned": not described["aligned"]},
    ):
        write_sealed(path, "spectra_dl_transfer", json.dumps({**described, **change}), sealed.tensors)
        with pytest.raises(ModelFileError, match="write it anew with 'spectra-dl transfer'"):
            InstrumentTransfer.load(path)
    write_sealed(path, "spectra_dl", sealed.text, sealed.tensors)
    with pytest.raises(ModelFileError, match="not written by spectra-dl for this purpose"):
        InstrumentTransfer.load(path)


def test_what_is_no_spectrum_is_refused_as_without_a_transfer(samples):
    one = samples[1].select([0, 1, 2, 3])
    spoilt = one.intensity.copy()
    spoilt[0] = 1_000.0
    spoilt[1] = np.minimum(spoilt[1], np.percentile(spoilt[1], 60))
    spoilt[2, 40] = np.nan
    table = replace(one, intensity=spoilt)
    before = inspect(table)[1]
    assert [verdict.status for verdict in before] == ["refused", "warned", "warned", "ok"]
    for method in ("ds", "pds", "epo"):
        checked, after = inspect(learn_transfer(*samples, method).applied(table))
        assert [verdict.status for verdict in after] == [verdict.status for verdict in before]
        assert after[0].reasons == before[0].reasons
        assert set(before[1].reasons) <= set("; ".join(after[1].reasons).split("; "))
        assert np.isfinite(checked.intensity[1:]).all()
        assert np.isnan(checked.intensity[0]).all()


def test_a_transfer_is_not_learned_from_what_is_no_spectrum(samples):
    flat = samples[1].intensity.copy()
    flat[2] = 1_000.0
    with pytest.raises(DataError, match="flat: every value is 1000"):
        learn_transfer(samples[0], replace(samples[1], intensity=flat))


def test_a_narrow_band_of_all_samples_is_no_cosmic_ray(samples):
    peaked = [table.intensity.copy() for table in samples]
    for intensity in peaked:
        intensity[:, 149:152] += 2_000.0, 4_000.0, 2_000.0
    tables = [replace(table, intensity=each) for table, each in zip(samples, peaked, strict=True)]
    learned = learn_transfer(*tables, "none")
    brought = learned.applied(replace(tables[1], batch=None)).intensity
    np.testing.assert_array_equal(brought[:, 148:153], peaked[1][:, 148:153])


def test_whole_spectra_are_never_brought_to_multiples_of_one(samples):
    mapped = learn_transfer(*samples, "ds").applied(samples[1]).intensity
    assert np.linalg.matrix_rank(mapped) > 1


def test_other_instruments_and_transfer_samples_among_the_spectra_are_named(transfer, study, samples):
    table = study.table
    third = np.where(table.batch == "instrument B", "instrument C", table.batch)
    notes = " ".join(transfer.applied(replace(table, batch=text_array(third))).notes)
    assert "learned from instrument B, and spectra of instrument C were mapped by it too" in notes
    assert "every spectrum was taken for" in " ".join(transfer.applied(replace(table, batch=None)).notes)
    assert "transfer samples, from which" in " ".join(transfer.applied(samples[1]).notes)
    of_known = " ".join(transfer.applied(table).notes)
    assert not any(words in of_known for words in ("mapped by it too", "every spectrum", "from which"))


def test_what_is_noted_of_one_block_is_kept(transfer, study, samples, tmp_path):
    from spectra_dl.spectra.readers import iter_spectra

    transfer.save(tmp_path / "t.safetensors")
    both = concatenate([samples[1].select([0, 1]), replace(study.table.select(range(4)), label=None)])
    write_table(tmp_path / "s.csv", both)
    *_, last = iter_spectra(tmp_path / "s.csv", ReadOptions(transfer=tmp_path / "t.safetensors"), rows=2)
    assert any("from which the transfer was learned" in note for note in last.notes)


def of_axis(table, offset):
    """Return a table whose axis a standard has corrected by an offset."""
    silicon, _ = simulate_standard("silicon", Spectrometer(error=(offset, 0.0, 0.0)))
    return calibrate_axis(silicon, "silicon").applied(table)


def test_what_comes_to_a_corrected_axis_says_so(samples, study):
    master, slave = of_axis(samples[0], 0.5), of_axis(samples[1], -4.5)
    learned = learn_transfer(master, slave, "pds")
    assert (learned.calibrated, learned.axis_calibration) == (True, master.axis_calibration)
    of_slave = study.table.select(study.table.batch == "instrument B")
    brought = learned.applied(of_axis(of_slave, -4.5))
    assert brought.axis_calibration == master.axis_calibration != slave.axis_calibration
    assert not any("treat both alike" in note for note in brought.notes)
    assert any("treat both alike" in note for note in learned.applied(of_slave).notes)


@pytest.mark.parametrize("method", ["none", "epo"])
def test_spectra_that_stay_on_their_axis_keep_what_corrected_it(samples, method):
    slave = of_axis(samples[1], -4.5)
    learned = learn_transfer(of_axis(samples[0], 0.5), slave, method)
    assert learned.applied(slave).axis_calibration == slave.axis_calibration


def test_an_axis_that_no_standard_corrected_stays_so_and_the_difference_is_said(samples, tmp_path):
    slave = of_axis(samples[1], -4.5)
    learned = learn_transfer(samples[0], slave, "pds")
    assert learned.applied(slave).axis_calibration is None
    assert any("that of the first was not" in note for note in learned.notes)
    learned.save(tmp_path / "t.safetensors")
    assert InstrumentTransfer.load(tmp_path / "t.safetensors").digest == learned.digest


def test_a_file_of_before_is_read_and_known_by_the_digest_it_had(transfer, tmp_path):
    transfer.save(tmp_path / "t.safetensors")
    sealed = read_sealed(tmp_path / "t.safetensors", "spectra_dl_transfer")
    described = json.loads(sealed.text)
    assert described.pop("axis_calibration") is None
    before = json.dumps(described, separators=(",", ":"), ensure_ascii=False)
    write_sealed(tmp_path / "b.safetensors", "spectra_dl_transfer", before, sealed.tensors)
    assert InstrumentTransfer.load(tmp_path / "b.safetensors").digest == transfer.digest
    assert hashlib.sha256(before.encode()).hexdigest()[:16] == transfer.digest
