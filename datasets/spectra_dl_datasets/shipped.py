"""The model that ships with the package, trained on the simulated study by ``datasets/demo/train_shipped_model.py``."""

from pathlib import Path

SHIPPED_MODEL = Path(__file__).with_name("simulated_bone_metastasis.safetensors")
