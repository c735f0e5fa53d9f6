"""The rule book, row by row, through the real pipeline: each rule's passing and failing example as data."""
