"""The analysis tables: a record as few narrow tables without text, names or native ids."""
