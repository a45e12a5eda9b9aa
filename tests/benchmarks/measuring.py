"""Every metric over a large record, beside one count of distinct people a day."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb
from figure import Figure

sys.path.insert(0, str(Path(__file__).parents[1] / "metrics"))

from world import SCHEMA  # the tables, beside the tests

_RUN = """
import json, resource, sys
import communitykit.metrics as metrics
from communitykit.analysis import Analysis

def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime

taken = {}
with Analysis(sys.argv[1]) as tables:
    connection = tables.connection()
    connection.execute("SET enable_progress_bar = false")
    names = list(metrics.catalogue())
    record = metrics.Record(tables)
    for name in names:
        started = cpu()
        assert metrics.measure(record, name).num_rows
        taken[name] = cpu() - started
    # Its own, before the floor is measured: what the kernel calls the largest of a process may be its parent's.
    status = dict(line.split(":", 1) for line in open("/proc/self/status"))
    peak = int(status["VmHWM"].split()[0]) * 1024 / 1e9
    floors = []
    for _ in range(3):
        started = cpu()
        connection.execute("SELECT day, count(DISTINCT person_id) FROM acts GROUP BY day").fetchall()
        floors.append(cpu() - started)
print(json.dumps({"floor": min(floors), "taken": taken, "peak": peak}))
"""

# People write in the communities that they are of, a few a lot; two years, a thousand communities, five platforms of
# which one tells views.
_FILL = """
INSERT INTO people SELECT i, 'person', 'd' || i % 40, NULL, 's' || i % 9, NULL, CASE WHEN i > 0 THEN i // 8 END,
    floor(ln(7 * i + 1) / ln(8)), i < 500, true, true, true, NULL, NULL,
        DATE '2024-01-01' + CAST(i % 400 AS INTEGER), 1, 1
    FROM range({people}) t(i);
INSERT INTO places SELECT i, 'channel', 'p' || i % 5, 1, 'public', NULL, false, false, false, false, NULL, 200, 1,
    NULL, NULL FROM range(1000) t(i);
CREATE TEMP TABLE drawn AS SELECT i, CASE WHEN i < {threads} THEN i ELSE CAST(hash(i,
        3) % {threads} AS BIGINT) END % 1000 AS place, hash(i, 1) % 1000000 / 1000000.0 AS u, hash(i,
        2) % 1000000 / 1000000.0 AS v,
    CAST(hash(i, 3) % {threads} AS BIGINT) AS thread FROM range({acts}) t(i);
CREATE TEMP TABLE made AS SELECT i, thread, CAST(hash(place,
        CAST(floor(200 * u * u * u) AS BIGINT)) % {people} AS BIGINT) AS person,
    CASE WHEN i < {threads} THEN 'posted' WHEN i < {posts} THEN 'replied' WHEN i < {acts} * 0.8 THEN 'reacted'
        WHEN i < {acts} * 0.85 THEN 'mentioned' WHEN place % 5 = 0 THEN 'viewed' ELSE 'followed' END AS kind,
    1704067200000000 + CAST(v * 700 * 86400000000 AS BIGINT) AS happened FROM drawn;
CREATE TEMP TABLE roots AS SELECT i AS thread, person AS author, happened AS started FROM made WHERE kind = 'posted';
INSERT INTO acts SELECT happened, CAST(make_timestamp(happened) AS DATE), kind = 'reacted' AND i % 3 = 0, person,
        kind,
    kind NOT IN ('viewed', 'followed'), 'p' || place % 5, 1, place, thread, CASE WHEN kind IN ('posted',
        'replied') THEN i ELSE thread END,
    author
    FROM (SELECT m.i, m.kind, m.person, CASE WHEN m.kind = 'posted' THEN m.i ELSE m.thread END AS thread,
        CASE WHEN m.kind = 'posted' THEN m.happened ELSE r.started + CAST(power(10,
        6 + 6 * (hash(m.i) % 1000) / 1000.0) AS BIGINT) END AS happened,
        CASE WHEN m.kind IN ('posted', 'viewed', 'followed') THEN NULL ELSE r.author END AS author,
        CASE WHEN m.kind = 'posted' THEN m.i % 1000 ELSE m.thread % 1000 END AS place
        FROM made m LEFT JOIN roots r ON r.thread = m.thread);
INSERT INTO threads SELECT a.post_id, a.post_id, a.place_id, a.platform, 1, a.person_id, 'message', a.at_us, a.day,
        true,
    a.post_id % 7 = 0, 100, 0, 0, 0, 'fr', coalesce(o.replies, 0), coalesce(o.repliers, 0), coalesce(o.reactions,
        0), coalesce(o.reactions, 0),
    CASE WHEN a.platform = 'p0' THEN coalesce(o.viewers, 0) END, NULL, 1, o.reply, o.response
    FROM acts a LEFT JOIN (SELECT thread_id, count(*) FILTER (WHERE kind = 'replied') AS replies,
        count(DISTINCT CASE WHEN kind = 'replied' THEN person_id END) AS repliers,
        count(*) FILTER (WHERE kind = 'reacted') AS reactions, count(*) FILTER (WHERE kind = 'viewed') AS viewers,
        min(at_us) FILTER (WHERE kind = 'replied' AND person_id <> to_person_id) AS reply,
        min(at_us) FILTER (WHERE kind IN ('replied', 'reacted') AND person_id <> to_person_id) AS response
        FROM acts WHERE kind <> 'posted' GROUP BY thread_id) o ON o.thread_id = a.post_id
    WHERE a.kind = 'posted';
INSERT INTO answers SELECT post_id, thread_id, place_id, platform, 1, person_id, to_person_id, 'message', at_us,
        day, 1, true,
    post_id % 9 = 0, 50, 0, 0, 0, 'fr', 0, 0 FROM acts WHERE kind = 'replied';
INSERT INTO ties SELECT day, person_id, to_person_id,
    CASE kind WHEN 'replied' THEN 'reply' WHEN 'reacted' THEN 'reaction' ELSE 'mention' END, platform, place_id,
        count(*)
    FROM acts WHERE kind IN ('replied', 'reacted', 'mentioned') AND person_id <> to_person_id GROUP BY ALL;
INSERT INTO coverage SELECT 'p' || i, NULL, NULL, 'posts', NULL, NULL, 'complete', NULL FROM range(5) t(i);
INSERT INTO calendar SELECT d, '', isoyear(d), weekofyear(d), strftime(d, '%G-W%V'), strftime(d, '%Y-%m'),
    year(d) || '-Q' || quarter(d), CAST(year(d) AS VARCHAR), isodow(d), isodow(d) <= 5
    FROM (SELECT CAST(unnest(generate_series(DATE '2024-01-01', DATE '2025-12-31', INTERVAL 1 DAY)) AS DATE) AS d);
INSERT INTO about VALUES ('zone', 'UTC'), ('first_day', '2024-01-01'), ('last_day', '2025-12-31');
"""


def measuring() -> list[Figure]:
    """Measure every metric over a million acts, and over ten."""
    with tempfile.TemporaryDirectory() as folder:
        small, large = (_measured(Path(folder), acts) for acts in (1_000_000, 10_000_000))
    total, floor = sum(large["taken"].values()), large["floor"]
    ratio, growth = total / floor, total / sum(small["taken"].values())
    slowest = sorted(large["taken"].items(), key=lambda one: -one[1])[:5]
    print("  ".join(f"{name} {seconds:.2f} s" for name, seconds in slowest))
    return [
        Figure("all metrics, 10 M acts, CPU", f"{total:.1f} s", f"{floor:.2f} s x {ratio:.0f}", "≤ 25 s", total <= 25),
        Figure("from 1 to 10 M acts", f"x {growth:.1f}", "x 10", "≤ x 12", growth <= 12),
        Figure(
            "peak memory, 10 M acts", f"{large['peak']:.2f} GB", f"{small['peak']:.2f} GB", "≤ 2 GB", large["peak"] <= 2
        ),
    ]


def _measured(folder: Path, acts: int) -> dict[str, float | dict[str, float]]:
    path = folder / f"{acts}.duckdb"
    fill(path, acts)
    made = subprocess.run([sys.executable, "-c", _RUN, str(path)], check=True, stdout=subprocess.PIPE, text=True)
    path.unlink()
    return json.loads(made.stdout)


def fill(path: Path, acts: int) -> None:
    """Write the tables of a record of that many acts, four tenths of them posts."""
    with duckdb.connect(str(path)) as connection:
        for name, columns in SCHEMA.items():
            connection.execute(f"CREATE TABLE {name} ({', '.join(f'{one} {kind}' for one, kind in columns.items())})")
        sizes = {"acts": acts, "posts": acts * 4 // 10, "threads": acts * 15 // 100, "people": max(1000, acts // 200)}
        connection.execute(_FILL.format(**sizes))
