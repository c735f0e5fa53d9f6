"""Practice LMS and SIS servers over real HTTP, for demos, rehearsals and tests.

Written from the vendors' and standards' public documents, never from what our connectors happen to send:
nothing here imports a connector, a rule or the core, and only the command line and tests import this.
"""
