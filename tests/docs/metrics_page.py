"""The page of metrics, from their definitions."""

from __future__ import annotations

import re

from communitykit.metrics import Definition, catalogue
from communitykit.metrics.catalogue import NEEDS, POPULATIONS, RESTS_ON
from communitykit.metrics.syntax import DIMENSIONS, GRAINS

HEAD = f"""# Metrics

Generated from the definitions, `communitykit/metrics/sql/NAME.sql`: one question a file. `communitykit metrics show
NAME` prints one with its SQL, [Measure](../how-to/measure.md) says how to ask.

A figure is a row: `metric`, `variant`, `period`, `since`, `until` (exclusive), the dimensions, `value`, `numerator`,
`denominator`, `persons` (on how many people it rests), `suppressed` and `reason`, `coverage` of its window (complete,
partial or unknown), `inferred` (the share of the period's acts whose time is inferred) and the `platforms` that it
could use. A zero denominator gives no value. `period` is one of {", ".join(GRAINS)}; other dimensions are among
{", ".join(DIMENSIONS)}.

Why a value is absent: `small_group`: too few persons, or it would give such a figure away; `nothing_to_measure`: the
denominator is zero; `never`: so few threads are answered that half never are;
{", ".join(f"`{one}`" for one in NEEDS.values())}: no platform, or no directory, tells what is needed."""


def metrics_reference() -> str:
    """Return the glossary: every metric in English and French."""
    known = catalogue().values()
    parts = [HEAD, "", "| metric | English | français | unit |", "| --- | --- | --- | --- |"]
    parts += [f"| [`{one.name}`](#{one.name}) | {one.title['en']} | {one.title['fr']} | {one.unit} |" for one in known]
    for one in known:
        parts += ["", *_entry(one)]
    return "\n".join(parts) + "\n"


def _named(text: str) -> str:
    """Return a text with the names of parameters as code."""
    return re.sub(r"\$([a-z_]+)", r"`\1`", text)


def _entry(one: Definition) -> list[str]:
    rests = {
        ", ".join(RESTS_ON[kinds]).replace("*", "all kinds") or "none": only for kinds, only in one.rests_on.items()
    }
    kinds = "; ".join(
        kind if only == "*" and len(rests) == 1 else f"{kind} (for {only})" for kind, only in rests.items()
    )
    facts = {
        "Unit": one.unit,
        "Dimensions": ", ".join(one.dimensions),
        "Variants": ", ".join(one.variants),
        "Parameters": ", ".join(f"`{key} = {value}`" for key, value in one.parameters.items()),
        "Needs": ", ".join(need if only == "*" else f"{need} (for {only})" for need, only in one.needs.items()),
        "Acts whose times it rests on": kinds,
        "Source": one.source["en"],
    }
    lines = [f"## {one.name}", ""]
    for language, population, silence in (
        ("en", "Population", "Not told"),
        ("fr", "Population\u00a0", "Non communiqué\u00a0"),
    ):
        lines += [
            f"**{one.title[language]}**. *{one.question[language]}* {_named(one.definition[language])}",
            f"{population}: {POPULATIONS[one.population][language]}. {silence}: {_named(one.silence[language])}",
            "",
        ]
    return lines + [f"- {name}: {text}" for name, text in facts.items() if text]
