"""Forms of workforce, a module per part. Choices of the company are filled in by the views."""
