"""What ships with the package, all of it simulated.

The model of spectra is that of ``datasets/demo/train_shipped_model.py``; the sections, and the model of their genes, are those of
``datasets/demo/make_demo_tissue.py``.
"""

from pathlib import Path

SHIPPED_MODEL = Path(__file__).with_name("simulated_bone_metastasis.safetensors")
_INSTALLED = Path(__file__).with_name("demo_tissue")
DEMO_TISSUE = _INSTALLED if _INSTALLED.is_dir() else Path(__file__).parent.parent / "demo" / "tissue"
