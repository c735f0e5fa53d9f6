"""Where Dagster keeps runs, events and logs: below the home, for the commands and for the UI alike.

The `dagster.yaml` and `workspace.yaml` at the top level of the repository are these same texts for the default
home `./var`; a test holds them together. `{env: ...}` is not used there because it fails when the variable is unset.
"""

from __future__ import annotations

from pathlib import Path

import dagster as dg

from gradeflow.settings import Home

TEMPLATE = """\
# Dagster's own storage, below the home. `gradeflow ui --home H` serves another home.
storage:
  sqlite:
    base_dir: {root}/storage
local_artifact_storage:
  module: dagster._core.storage.root
  class: LocalArtifactStorage
  config:
    base_dir: {root}/artifacts
compute_logs:
  module: dagster._core.storage.local_compute_log_manager
  class: LocalComputeLogManager
  config:
    base_dir: {root}/logs

# One run per district at a time; the real guard is the lease in the warehouse.
concurrency:
  runs:
    max_concurrent_runs: 4
    tag_concurrency_limits:
      - key: gradeflow/district
        value:
          applyLimitPerUniqueValue: true
        limit: 1

# A run is retried only when its worker died, never for an error that it reported.
run_retries:
  enabled: true
  max_retries: 1
  retry_on_asset_or_op_failure: false

telemetry:
  enabled: false
nux:
  enabled: false
"""


WORKSPACE = """\
load_from:
  - python_module:
      module_name: gradeflow.definitions
      location_name: gradeflow
"""
MARK = "# Written by gradeflow at each start; take this line away and the file is yours.\n"


def instance_yaml(root: str) -> str:
    """Write the instance's settings for a storage root."""
    return TEMPLATE.format(root=root)


def dagster_home(home: Home) -> Path:
    """Write the home's `dagster.yaml` and `workspace.yaml`, and give the folder that `DAGSTER_HOME` has to name.

    A file whose first line, our mark, was taken away is the operator's own and stays, such as one that puts
    Dagster's storage on PostgreSQL.
    """
    home.make()
    for name, text in (
        ("dagster.yaml", instance_yaml(f"{home.path}/dagster")),
        ("workspace.yaml", WORKSPACE),
    ):
        path = home.path / name
        if not path.exists() or path.read_text(encoding="utf-8").startswith(MARK):
            path.write_text(MARK + text, encoding="utf-8")
    return home.path


def open_instance(home: Home) -> dg.DagsterInstance:
    """Open the home's Dagster instance, the one that its UI shows."""
    return dg.DagsterInstance.from_config(str(dagster_home(home)))
