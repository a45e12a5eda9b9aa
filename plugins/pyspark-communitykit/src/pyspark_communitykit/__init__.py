"""communitykit for Spark: found by `spark.read.format("communitykit")`, without registering."""

from pyspark_communitykit.source import CommunityKitDataSource

DefaultSource = CommunityKitDataSource
"""The name under which Spark looks for data sources in packages called `pyspark_…`."""

__all__ = ["CommunityKitDataSource", "DefaultSource"]
