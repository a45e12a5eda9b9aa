"""communitykit for dlt: a verified record of a company's communities, in any of dlt's destinations."""

from communitykit_dlt.source import source

__all__ = ["source"]
