"""`python -m gradeflow` is the `gradeflow` command."""

from gradeflow.cli import main

main()
