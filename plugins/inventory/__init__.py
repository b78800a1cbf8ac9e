"""Spare parts: what there is, where it is, whose it is to be, and every move of it."""
