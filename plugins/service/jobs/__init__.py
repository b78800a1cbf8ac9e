"""Scheduled work of service orders. One module per part."""
