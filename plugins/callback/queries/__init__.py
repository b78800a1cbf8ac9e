"""Reads of callback, a module per part."""
