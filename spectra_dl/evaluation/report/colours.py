"""Colours that colour-blind readers can distinguish, on screen and in print."""

# Okabe & Ito's; line styles say the same in print.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#8A4B7D", "#7A6000", "#555555")
GREY = "#767676"
# Matplotlib's viridis at twenty places: even steps for every reader.
VIRIDIS = (
    *("#440154", "#481467", "#482576", "#453781", "#404688", "#39558c", "#33638d", "#2d718e", "#287d8e", "#238a8d"),
    *("#1f968b", "#20a386", "#29af7f", "#3dbc74", "#56c667", "#75d054", "#95d840", "#bade28", "#dde318", "#fde725"),
)  # fmt: skip
