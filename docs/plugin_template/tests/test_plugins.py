"""The contracts of spectra-dl, kept by what we bring."""

from lab_plugins.encoder import lab_colours
from lab_plugins.model import lab_ridge
from lab_plugins.network import LabNet
from lab_plugins.reader import read_lab_text
from lab_plugins.step import Clip

from spectra_dl import testing


def test_the_network():
    testing.check_network(LabNet)


def test_the_step():
    testing.check_step(Clip())


def test_the_encoder():
    testing.check_encoder(lab_colours)


def test_the_model():
    testing.check_model(lab_ridge)


def test_the_reader(tmp_path):
    path = tmp_path / "serum.lab"
    path.write_text("LAB\n" + "\n".join(f"{shift};{shift % 7 + 100}" for shift in range(400, 1800, 2)) + "\n")
    testing.check_reader(read_lab_text, path)
