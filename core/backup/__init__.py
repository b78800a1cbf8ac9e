"""Backups: one archive that holds the database as of one moment and the stored files that it names.

``making`` writes an archive while everybody works on, ``archive`` reads one and says whether it is whole, ``restoring``
fills a database from it, of either kind, ``comparing`` sets it beside a database row by row. ``rows`` is what they
share: values in a form in which both databases agree. Why so: docs/decisions/0018-backups-in-a-form-of-our-own.md.
"""
