"""Lists of callback, declared."""
