"""A model on disk: one sealed .safetensors file with a closed description."""
