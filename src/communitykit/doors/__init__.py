"""What a script opens: a platform's API, an export archive, a delivery, records at hand."""
