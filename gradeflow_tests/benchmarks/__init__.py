"""Benchmarks: ratios within one run, printed as a table and as JSON; never part of the tests."""
