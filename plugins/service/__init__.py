"""Service orders: from the call to the archive."""
