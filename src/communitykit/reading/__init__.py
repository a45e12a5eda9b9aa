"""From payloads to records: slices read side by side, counted, and never ended by one bad record."""
