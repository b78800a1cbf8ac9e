"""Warranty: which periods a unit has, what they cover, and what follows for a fault."""
