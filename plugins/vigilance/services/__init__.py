"""The verbs of this plugin, a module per subject."""
