"""Pure decisions of warranty, a module per part: values in, verdict and reasons out."""
