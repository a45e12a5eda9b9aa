"""What is told: the report of a record's figures, and the brief, which says what to do this week."""

from communitykit.report.answering import Finding, answer, answer_rules
from communitykit.report.brief_forms import as_data, as_html, as_markdown, as_text
from communitykit.report.briefing import Brief, Line, brief
from communitykit.report.figures import Figure, Figures, Window
from communitykit.report.making import Report, make_report, report_data
from communitykit.report.rulebook import Rule, rules

__all__ = [
    "Brief",
    "Figure",
    "Figures",
    "Finding",
    "Line",
    "Report",
    "Rule",
    "Window",
    "answer",
    "answer_rules",
    "as_data",
    "as_html",
    "as_markdown",
    "as_text",
    "brief",
    "make_report",
    "report_data",
    "rules",
]
