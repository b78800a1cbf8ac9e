"""Reads of this plugin, a module per subject."""
