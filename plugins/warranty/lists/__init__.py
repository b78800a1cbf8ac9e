"""Declared lists of warranty, a module per part."""
