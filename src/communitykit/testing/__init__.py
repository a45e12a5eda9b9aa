"""The contract as a test class to subclass, for connectors inside and outside this repository."""
