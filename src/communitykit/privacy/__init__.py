"""Privacy: pseudonyms, what is kept at intake, erasure and retention, and groups too small to be told."""

from communitykit.privacy.groups import protect

__all__ = ["protect"]
