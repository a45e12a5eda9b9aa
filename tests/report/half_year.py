"""A small company that has talked evenly for half a year: what a test adds is what the brief is to find."""

from datetime import UTC, datetime, timedelta

from communitykit.sandbox.chronicle import Chronicle

NOW = datetime(2026, 7, 6, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
QUIET = "The minutes of {} are in the folder"


class World(Chronicle):
    """Eight people of two departments and a head, who have talked evenly, and got their answers, for half a year."""

    def __init__(self, as_of: datetime = datetime(2026, 12, 31, tzinfo=UTC)) -> None:
        super().__init__(as_of)
        self.sales = [self.person(f"Sales {n}", "Sales") for n in range(4)]
        self.lab = [self.person(f"Lab {n}", "Lab") for n in range(4)]
        self.head = self.person("Ada Head", "Lab", job_title="Head of Lab")
        self.everybody = [*self.sales, *self.lab, self.head]
        self.desk = self.place("help-desk", owner=self.sales[0], members=self.everybody)
        self.hall = self.place("hall", owner=self.lab[0], members=self.everybody)
        for week in range(26):
            at = NOW - timedelta(weeks=26 - week) + timedelta(hours=5)
            for place, authors in ((self.desk, self.sales), (self.hall, [*self.lab, self.head])):
                for number, author in enumerate(authors):
                    asked = self.post(author, place, at + number * HOUR, f"Who has key{week}x{number}{place[-4:]}?")
                    other = authors[(number + 1) % len(authors)]
                    self.reply(other, asked, at + (number + 2) * HOUR, "Here.")
