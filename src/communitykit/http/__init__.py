"""Asking over HTTP: decisions on one request, budgets, the two drivers, connections. The only room with httpx."""
