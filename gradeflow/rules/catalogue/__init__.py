"""The catalogue: every rule by its permanent id, where it lives, and, honestly, what of it does not.

One YAML file here per guide, and one each for the contradictions between guides (C), what no guide says (G)
and what public documents add (E). Tests hold the rows to the code: whatever is cited has a row, and whatever a
row names exists. Keep out: what a rule does (`gradeflow.rules.rulebook` and the places that its row names).
"""

from gradeflow.rules.catalogue.rows import CatalogueRow, Kind, catalogue

__all__ = ["CatalogueRow", "Kind", "catalogue"]
