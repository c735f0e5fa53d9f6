"""Passback policy: which line items and scores go, and why the others do not.

`profile` holds the values of a route and who says so; `reasons` the words for people; `item_facts` and
`score_facts` turn frames into facts; `rulebook` is one row per rule; `judge` evaluates it. Keep out: what the
SIS holds (`gradeflow.core`), any I/O.
"""
