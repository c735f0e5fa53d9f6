"""The canonical model: frozen values and frame schemas.

Keep out: files, HTTP, SQL, Dagster, clocks. Everything above may import this; this imports only errors.
"""
