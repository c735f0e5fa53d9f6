"""HTTP, OData, SFTP and drops of files as the connectors need them: clients, authorization, paging, waiting, answers.

Keep out: vendors, grades, passback policy. A vendor's oddities reach this package as a `Vendor` value.
"""
