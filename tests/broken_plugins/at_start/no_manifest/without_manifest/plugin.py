"""Broken on purpose: it says nothing of itself."""
