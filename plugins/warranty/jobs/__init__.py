"""Scheduled work of warranty, a module per part."""
