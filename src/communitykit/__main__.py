"""`python -m communitykit`."""

from communitykit.cli import main

main()
