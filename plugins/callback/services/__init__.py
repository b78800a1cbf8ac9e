"""Verbs of callback, a module per part."""
