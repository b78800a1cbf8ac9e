"""Pure decisions of callback."""
