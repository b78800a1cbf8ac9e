"""Numbered documents: what a module writes on a record, with a number of its own, as it stood when it was issued."""
