"""What each part of workforce declares; ``plugin.py`` joins it."""
