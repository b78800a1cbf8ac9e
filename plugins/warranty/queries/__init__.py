"""What warranty reads, a module per part."""
