"""Zarr folders."""
