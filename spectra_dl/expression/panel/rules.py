"""How a panel of genes is chosen, by the name that asks for it; importing it takes no other package."""

from typing import Literal, get_args

PanelRule = Literal[
    "variance", "mean", "seurat", "seurat_v3", "pearson_residuals"
]  # the last three are scanpy's flavours
PANEL_RULES: tuple[PanelRule, ...] = get_args(PanelRule)
