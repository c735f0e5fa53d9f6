"""Profiles as data, each value with the rule that says so: global.yaml, lms/, sis/ and routes/.

A route's file is named as its route. Keep out: code; `gradeflow.rules.layers` reads these files.
"""
