"""Route profiles as data: one YAML file per documented route, each value with the rule that says so."""
