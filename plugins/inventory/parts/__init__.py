"""What each part of inventory declares; ``plugin.py`` joins it."""
