"""Reading `$GRADEFLOW_HOME`: its settings, the district files, and the secrets that they point at.

Every error names file, line and key and says what is allowed.
"""

from __future__ import annotations

from gradeflow.settings.district_file import DistrictFile, checked_district
from gradeflow.settings.home import HOME_VARIABLE, Home, HomeSettings, Partitions, school_year_start
from gradeflow.settings.located import Lines, parse_yaml, read_yaml, validated

__all__ = [
    "HOME_VARIABLE",
    "DistrictFile",
    "Home",
    "HomeSettings",
    "Lines",
    "Partitions",
    "checked_district",
    "parse_yaml",
    "read_yaml",
    "school_year_start",
    "validated",
]
