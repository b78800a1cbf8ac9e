"""What workforce adds to pages of others, a module per part."""
