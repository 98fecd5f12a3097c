"""Write datasets/demo/images: simulated tiles of tumour with a sheet, for the commands' examples.

Run from the repository's top folder: ``python datasets/demo/make_demo_images.py``. The same machine gives the same bytes.
"""

from pathlib import Path

from spectra_dl.tissue.simulation.image_study import ImageStudySettings, simulate_images, write_images

if __name__ == "__main__":
    folder = Path(__file__).with_name("images")
    folder.mkdir(exist_ok=True)
    write_images(folder, simulate_images(ImageStudySettings(patients=8, side=64, seed=7)))
