"""The share of one class of tissue against another, such as necrosis, corrected by what a model mistakes."""
