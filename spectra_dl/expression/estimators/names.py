"""The names of models and heads, for choices that must not load torch; the registries hold the same."""

MODEL_NAMES = ("context", "mlp", "linear", "fine-tuned", "ridge", "pls")
HEAD_NAMES = ("linear", "mlp", "context", "fine-tuned")
