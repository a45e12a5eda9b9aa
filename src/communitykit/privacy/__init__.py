"""Privacy: pseudonyms, what is kept at intake, erasure and retention, and groups too small to be told."""

from communitykit.privacy.groups import protect
from communitykit.privacy.record import record_of_processing
from communitykit.privacy.releases import release

__all__ = ["protect", "record_of_processing", "release"]
