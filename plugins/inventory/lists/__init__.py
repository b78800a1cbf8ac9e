"""The lists of inventory, declared."""
