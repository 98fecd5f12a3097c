"""How the small encoder is fine-tuned, whatever is predicted."""

from typing import Final

from spectra_dl.training.settings import TrainingSettings

FINE_TUNING: Final = TrainingSettings(
    epochs=12, batch_size=16, learning_rate=3e-4, weight_decay=0.05, patience=4
)
