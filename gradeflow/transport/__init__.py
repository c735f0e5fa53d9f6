"""HTTP as the connectors need it: one client, authorization, paging, waiting, and what an answer means.

Keep out: vendors, grades, passback policy. A vendor's oddities reach this package as a `Vendor` value.
"""
