"""Decisions of workforce on plain values, a module per part."""
