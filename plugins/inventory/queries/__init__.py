"""Reads of inventory, a module per subject."""
