"""`python -m communitykit.cli`."""

from communitykit.cli import main

main()
