"""Which source it is that a run reads, as far as that can be said before anything is asked."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Identity:
    """Which source it is: two runs of one source into one store would ask a platform for the same, twice.

    It has to be known before the first request, so it is not the network: that only an answer tells, and two accounts
    of one network, which see different things, are two sources. It is the account that the settings tell of
    (`communitykit.connector.settings.account`), and of a source of a configuration its name there.
    """

    name: str
    """What it is called: as a configuration says, else as its connector."""
    platform: str
    account: str | None = None
    """The account that it reads with, as a digest; None where nobody knows before an answer comes."""
    config: str | None = None
    """The configuration that it is a source of, by its path (empty where that is no file); None of what is in none."""

    def is_same(self, other: Identity) -> bool:
        """Tell whether both are one source.

        Two sources of configurations are one where their name and either the file or the account is the same: a token
        may be another each day, two names of one account read different communities, and two files may each have
        another workspace called `slack`. Otherwise the account tells. What is not known makes no two sources one: such
        runs take turns.
        """
        one_account = self.account is not None and self.account == other.account
        if self.config is None or other.config is None:
            return one_account
        return self.name == other.name and (one_account or (self.config == other.config != ""))
