"""Where the spectra under work stand: a tile of points x values x lanes, and the states of the lanes after it."""

from typing import ClassVar

from spectra_dl.spectra.compiler.simd import Integer, Memory, Number, broadcast

# What stands in the tile for each point, one number per lane each.
INTENSITY, FIRST, SECOND, SOLUTION, WEIGHT, SWEPT = range(6)
# What stands after the tile, one number per lane each.
ROW, ITERATIONS, CHANGE, LATEST, FRESH, WAITING, SOUND, ENOUGH, SCALE, SHIFT, SIZE = range(11)


def scratch_length(n_points: int, lanes: int) -> int:
    """Return how many float64 values a tile takes with its states.

    Parameters
    ----------
    n_points
        Points of a spectrum.
    lanes
        Spectra side by side.
    """
    return (6 * n_points + 11) * lanes


class Tile:
    """Values of each lane by point and by name, in one array of float64.

    Parameters
    ----------
    tile
        Room for `scratch_length` values, aligned to whole groups of lanes.
    bands
        Rows of what is the same for all spectra, a number per point.
    n_points
        Points of a spectrum.
    lanes
        Spectra side by side.

    Attributes
    ----------
    slots
        Groups of lanes in the tile for each point.
    """

    slots: ClassVar[int] = 5

    def __init__(self, tile: Memory, bands: Memory, n_points: Integer, lanes: int) -> None:
        self.tile, self.bands, self.n_points, self.lanes = tile, bands, n_points, lanes

    def at(self, point: Integer, slot: int) -> Number:
        """Return all lanes of a slot at a point.

        Parameters
        ----------
        point
            The point of the spectrum, from 0.
        slot
            The value's place in the tile, such as `INTENSITY`.
        """
        return self.tile.lanes(point * self.slots + slot)

    def put(self, point: Integer, slot: int, value: Number) -> None:
        """Store all lanes of a slot at a point.

        Parameters
        ----------
        point
            The point of the spectrum, from 0.
        slot
            The value's place in the tile, such as `INTENSITY`.
        value
            One number per lane.
        """
        self.tile.put_lanes(point * self.slots + slot, value)

    def lane_at(self, point: Integer, slot: int, lane: Integer) -> Number:
        """Return one lane of a slot at a point.

        Parameters
        ----------
        point
            The point of the spectrum, from 0.
        slot
            The value's place in the tile, such as `INTENSITY`.
        lane
            The lane, from 0.
        """
        return self.tile.number((point * self.slots + slot) * self.lanes + lane)

    def put_lane_at(self, point: Integer, slot: int, lane: Integer, value: Number) -> None:
        """Store one lane of a slot at a point.

        Parameters
        ----------
        point
            The point of the spectrum, from 0.
        slot
            The value's place in the tile, such as `INTENSITY`.
        lane
            The lane, from 0.
        value
            A scalar.
        """
        self.tile.put((point * self.slots + slot) * self.lanes + lane, value)

    def states(self, name: int) -> Number:
        """Return the state of all lanes."""
        return self.tile.lanes(self.n_points * self.slots + name)

    def put_states(self, name: int, value: Number) -> None:
        """Store the state of all lanes.

        Parameters
        ----------
        name
            The state's place after the tile, such as `ITERATIONS`.
        value
            One number per lane.
        """
        self.tile.put_lanes(self.n_points * self.slots + name, value)

    def state(self, name: int, lane: Integer) -> Number:
        """Return the state of one lane.

        Parameters
        ----------
        name
            The state's place after the tile, such as `ITERATIONS`.
        lane
            The lane, from 0.
        """
        return self.tile.number((self.n_points * self.slots + name) * self.lanes + lane)

    def put_state(self, name: int, lane: Integer, value: Number) -> None:
        """Store the state of one lane.

        Parameters
        ----------
        name
            The state's place after the tile, such as `ITERATIONS`.
        lane
            The lane, from 0.
        value
            A scalar.
        """
        self.tile.put((self.n_points * self.slots + name) * self.lanes + lane, value)

    def band(self, row: int, point: Integer) -> Number:
        """Return a number of the penalty (or what else is given by point), the same for all lanes.

        Parameters
        ----------
        row
            The row of the bands, from 0.
        point
            The point of the spectrum, from 0.
        """
        return broadcast(self.bands.number(self.n_points * row + point), self.lanes)
