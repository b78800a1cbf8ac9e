"""Verbs of workforce, a module per part."""
