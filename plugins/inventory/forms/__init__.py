"""Forms of inventory, a module per subject."""
