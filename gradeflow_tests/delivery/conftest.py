"""The practice district's fixtures, for the tests of this folder."""

from __future__ import annotations

from gradeflow_tests.delivery.fixtures import loaded, loaded_home, practice, undisturbed, untouched_home

__all__ = ["loaded", "loaded_home", "practice", "undisturbed", "untouched_home"]
