"""Industries: one folder each, mostly data (see README.md)."""
