"""Bags of images whose classes differ in one feature."""

import pytest

from tissue.bag_study import bag_study


@pytest.fixture(scope="session")
def study():
    """Features, classes and patients; see `tissue.bag_study.bag_study`."""
    return bag_study()
