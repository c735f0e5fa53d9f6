"""Where Dagster keeps runs, events and logs: below the home, for the commands and for the UI alike.

The `dagster.yaml` at the top level of the repository is this same text for the default home `./var`; a test
holds the two together. `{env: ...}` is not used there because it fails when the variable is unset.
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


def instance_yaml(root: str) -> str:
    """Write the instance's settings for a storage root."""
    return TEMPLATE.format(root=root)


def dagster_home(home: Home) -> Path:
    """Write the home's `dagster.yaml` and give the folder that `DAGSTER_HOME` has to name."""
    home.path.mkdir(parents=True, exist_ok=True)
    (home.path / "dagster.yaml").write_text(instance_yaml(f"{home.path}/dagster"), encoding="utf-8")
    return home.path


def open_instance(home: Home) -> dg.DagsterInstance:
    """Open the home's Dagster instance, the one that its UI shows."""
    return dg.DagsterInstance.from_config(str(dagster_home(home)))
