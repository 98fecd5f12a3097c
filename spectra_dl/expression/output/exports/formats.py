"""The names of the formats that predictions are exported to; importing it takes no other package."""

from typing import Literal, get_args

Export = Literal["csv", "geojson", "loupe", "spatialdata", "zarr"]
EXPORTS: tuple[Export, ...] = get_args(Export)
