"""Asking over HTTP: decisions on one request, budgets, the two drivers. The only room with httpx and aiohttp."""
