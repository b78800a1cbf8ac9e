"""Pure decisions of inventory: values in, verdict and reasons out."""
