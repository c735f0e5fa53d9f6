"""Grade passback for K-12: what teachers score in the LMS appears in the SIS, and nothing else changes."""

__version__ = "0.1.0"
