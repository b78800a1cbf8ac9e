"""Loading from files."""
