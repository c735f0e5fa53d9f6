"""A practice district after one night, made once for the tests that only read it."""

from gradeflow_tests.delivery.fixtures import loaded, loaded_home, practice, untouched_home

__all__ = ["loaded", "loaded_home", "practice", "untouched_home"]
