"""Declared lists of workforce, a module per part."""
