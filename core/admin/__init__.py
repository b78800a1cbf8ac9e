"""Flask-Admin on our terms: lists, forms and look-ups that stay within the company and write through services."""
