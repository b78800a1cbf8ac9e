"""What callback adds to pages of others."""
