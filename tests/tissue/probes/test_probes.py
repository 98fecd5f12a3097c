"""The audit finds what besides biology goes with the class of images, and nothing where nothing does."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageFilter

from spectra_dl.evaluation.audit import audit
from spectra_dl.evaluation.audit.surrogate import binned_shape
from spectra_dl.evaluation.folds.splits import patient_folds
from spectra_dl.evaluation.patients import read_patients
from spectra_dl.evaluation.sample_units import unit_ids
from spectra_dl.tissue.cohort import labelled_images
from spectra_dl.tissue.images import TissueImages
from spectra_dl.tissue.probes import image_audit_inputs, surrogate_features
from spectra_dl.tissue.probes.confounding import class_goes_with_patient, class_goes_with_slide
from spectra_dl.tissue.probes.image_facts import ImageFacts, difference_hash
from spectra_dl.tissue.probes.near_copies import near_copies
from spectra_dl.tissue.simulation.confounded_study import ConfoundedSettings, confounded_study

PATIENTS = 16


def texture(seed, side=48):
    """Pink pixels with dark spots of their own, the same kind in both classes."""
    generator = np.random.default_rng(seed)
    grey = np.asarray(
        Image.fromarray(generator.integers(0, 255, (side, side), dtype=np.uint8)).filter(
            ImageFilter.GaussianBlur(3)
        ),
        dtype=np.float64,
    )
    shade = (grey - grey.mean())[..., None] * 3
    return np.clip(np.array([200.0, 130.0, 170.0]) + shade, 0, 255).astype(np.uint8)


def written(folder, change):
    """Two images of each of sixteen patients; ``change`` writes an image of class 0 or 1."""
    names, patient, code = [], [], []
    for number in range(PATIENTS):
        for image in range(2):
            name = f"{number:02d}-{image}"
            names.append(
                change(folder / name, Image.fromarray(texture(10 * number + image)), number % 2).name
            )
            patient.append(f"p{number:02d}")
            code.append(number % 2)
    label = np.array(["benign", "malignant"], dtype=object)[code]
    return TissueImages(folder, np.array(names, dtype=object), label, np.array(patient, dtype=object))


def as_png(path, image):
    path = path.with_suffix(".png")
    image.save(path)
    return path


def clean(path, image, code):
    return as_png(path, image)


def stained(path, image, code):
    return as_png(
        path, Image.fromarray(np.asarray(image) - np.uint8(20) * np.array([0, code, 0], dtype=np.uint8))
    )


def blurred(path, image, code):
    return as_png(path, image.filter(ImageFilter.GaussianBlur(2)) if code else image)


def inked(path, image, code):
    if code:
        image.paste((20, 40, 200), (0, 0, 12, 12))
    return as_png(path, image)


def bordered(path, image, code):
    if code:
        image.paste((245, 245, 245), (0, 0, 48, 16))
    return as_png(path, image)


def compressed(path, image, code):
    path = path.with_suffix(".jpg")
    image.save(path, quality=70 if code else 90)
    return path


def enlarged(path, image, code):
    return as_png(path, image.resize((60, 60)) if code else image)


def other_format(path, image, code):
    path = path.with_suffix(".tif" if code else ".png")
    image.save(path)
    return path


def scanned(path, image, code):
    path = path.with_suffix(".jpg")
    exif = Image.Exif()
    exif[0x0110] = f"Scanner {code}"
    image.save(path, quality=90, exif=exif)
    return path


def findings(images):
    cohort = labelled_images(images)
    features = np.random.default_rng(0).normal(size=(len(images), 8)).astype(np.float32)
    found = audit(
        cohort.label,
        cohort.patient,
        image_audit_inputs(cohort, features),
        folds=patient_folds(cohort.patient, cohort.label, folds=4),
        multiplicity=read_patients(cohort.patient, cohort.label).draw(resamples=500),
    ).findings
    return {finding.name: finding for finding in found}


@pytest.mark.parametrize(
    ("change", "name", "severity"),
    [
        (stained, "stain", "warn"),
        (blurred, "sharpness", "warn"),
        (bordered, "background", "warn"),
        (inked, "pen marks", "stop"),
        (compressed, "JPEG quality", "stop"),
        (enlarged, "image size", "stop"),
        (other_format, "image size", "stop"),
        (scanned, "column scanner in the files", "warn"),
    ],
)
def test_a_planted_confound_is_found(tmp_path, change, name, severity):
    assert findings(written(tmp_path, change))[name].severity in {severity, "stop"}


def test_images_without_any_raise_nothing(tmp_path):
    raised = [name for name, each in findings(written(tmp_path, clean)).items() if each.severity != "fine"]
    assert raised == []


def test_the_place_in_the_slide_is_a_probe_where_it_is_known(tmp_path):
    images = written(tmp_path, clean)
    code = (images.label == "malignant").astype(float)
    place = np.column_stack([code * 500, np.arange(len(images), dtype=float)])
    assert findings(replace(images, position=place))["position"].severity == "warn"


def test_the_mean_colour_is_of_all_that_is_no_glass_be_it_pale_or_dark(tmp_path):
    pixels = texture(3)
    pixels[:, :16] = 250
    pixels[20:24, 30:34] = (60, 30, 90)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    facts = ImageFacts.of(TissueImages(tmp_path, np.array(["a.png"], dtype=object)))
    tissue = pixels[:, 16:].reshape(-1, 3)
    tissue = tissue[tissue.mean(axis=1) <= 220]
    np.testing.assert_allclose(facts.colour[0, :3], tissue.mean(axis=0))
    assert facts.background[0, 0] == pytest.approx(1 - len(tissue) / 48**2)


def test_stated_sizes_of_pixels_are_a_probe_where_some_are_known(tmp_path):
    images = written(tmp_path, clean)
    code = images.label == "malignant"
    mpp = np.where(code, 0.25, 0.5)
    mpp[[0, 2]] = np.nan  # an image of a patient of each class
    assert findings(replace(images, mpp=mpp))["magnification"].severity != "fine"
    missing = np.where(code, np.nan, 0.5)
    assert findings(replace(images, mpp=missing))["magnification"].severity == "stop"
    side = np.where(code, 96.0, 48.0)
    assert findings(replace(images, side=side))["magnification"].severity == "stop"
    assert "magnification" not in findings(images)


def test_hashes_of_copies_that_were_scaled_brightened_or_saved_again_are_near(tmp_path):
    image = Image.fromarray(texture(1, 96))
    image.save(tmp_path / "again.jpg", quality=60)
    own = difference_hash(np.asarray(image))
    for other in (
        image.resize((64, 64)),
        image.point(lambda value: min(255, value + 12)),
        Image.open(tmp_path / "again.jpg"),
    ):
        assert np.count_nonzero(own != difference_hash(np.asarray(other.convert("RGB")))) <= 4
    assert np.count_nonzero(own != difference_hash(texture(2, 96))) > 10


@pytest.mark.parametrize("seed", range(10))
def test_a_copy_with_glass_is_near_whatever_compression_makes_of_the_glass(tmp_path, seed):
    (image,) = confounded_study(ConfoundedSettings(1, slides=1, tiles=1, seed=seed))
    hashes = []
    for quality, brighter in ((90, 0), (80, 3)):
        shown = np.clip(image.pixels.astype(int) + brighter, 0, 255).astype(np.uint8)
        Image.fromarray(shown).save(tmp_path / "a.jpg", quality=quality)
        with Image.open(tmp_path / "a.jpg") as saved:
            hashes.append(difference_hash(np.asarray(saved)))
    assert np.count_nonzero(hashes[0] != hashes[1]) <= 4
    assert hashes[0].any()


def test_a_hash_is_that_of_a_hand_worked_row():
    ramp = np.repeat(np.arange(0, 90, 10, dtype=np.uint8)[None, :], 8, axis=0)
    rising = difference_hash(np.repeat(ramp[..., None], 3, axis=2))
    falling = difference_hash(np.repeat(ramp[:, ::-1, None], 3, axis=2))
    assert not rising.any()
    assert falling.all()


def test_a_near_copy_under_another_patient_stops_and_one_of_the_same_does_not(tmp_path):
    images = written(tmp_path, clean)
    original = Image.open(tmp_path / str(images.name[0]))
    original.resize((60, 60)).save(tmp_path / str(images.name[2]))
    facts = ImageFacts.of(images)
    patients = read_patients(images.patient, images.label)
    finding = near_copies(facts.hashes, images.name, patients, [], seed=0)
    assert finding.severity == "stop"
    assert f"{images.name[0]} and {images.name[2]}" in finding.sentence
    same = images.patient.copy()
    same[2] = same[0]
    label = images.label.copy()
    label[:] = np.where(np.arange(len(label)) < 4, label[0], label)
    alone = near_copies(
        facts.hashes[:3], images.name, read_patients([*same[:3], "q"], [*label[:3], "x"]), [], seed=0
    )
    assert alone.severity == "fine"


def tiles(*of_patients):
    """Patients whose images have these classes."""
    patient = [f"p{number}" for number, classes in enumerate(of_patients) for _ in classes]
    label = [name for classes in of_patients for name in classes]
    return read_patients(unit_ids(patient, label), label)


def test_a_class_that_goes_with_few_patients_stops():
    patients = tiles("aaaaab", "bbbbba", "aaaaaa", "bbbbbb")
    finding = class_goes_with_patient(patients, [], seed=0)
    assert finding.severity == "stop"
    assert "a 3, b 3" in finding.sentence


def test_it_warns_where_the_patients_are_many():
    assert class_goes_with_patient(tiles(*["aaaaab", "bbbbba"] * 6), [], seed=0).severity == "warn"


def test_classes_that_every_patient_has_are_fine():
    assert class_goes_with_patient(tiles(*["aaabbb"] * 4), [], seed=0).severity == "fine"


def test_classes_of_patients_are_fine():
    patients = read_patients(list("ppqqrrss"), list("aabbaabb"))
    assert class_goes_with_patient(patients, [], seed=0).severity == "fine"


@pytest.mark.parametrize(("slides", "severity"), [("112233", "warn"), ("121212", "fine")])
def test_slides_of_one_class_are_said(slides, severity):
    patients = tiles("aabb", "ab")
    assert class_goes_with_slide(list(slides), patients, [], seed=0).severity == severity


def test_wide_features_are_shortened_block_by_block_to_what_the_audit_makes_of_them():
    wide = np.random.default_rng(0).normal(2, 3, size=(5000, 130)).astype(np.float32)
    wide[:, 7] = 4.0
    scale = wide.std(axis=0, dtype=np.float64)
    scale[7] = 1.0
    expected = binned_shape((wide - wide.mean(axis=0, dtype=np.float64)) / scale)
    found = surrogate_features(wide)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    np.testing.assert_allclose(binned_shape(found), found, atol=1e-12)


def test_few_features_are_standardised():
    few = np.random.default_rng(0).normal(2, 3, size=(50, 6)).astype(np.float32)
    np.testing.assert_allclose(surrogate_features(few).std(axis=0), 1.0, rtol=1e-5)
