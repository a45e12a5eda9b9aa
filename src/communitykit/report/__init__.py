"""What is told: the report of a record's figures, and the brief, which says what to do this week."""

from communitykit.report.brief_forms import as_data, as_html, as_markdown, as_text
from communitykit.report.briefing import Brief, Line, brief
from communitykit.report.rulebook import Rule, rules

__all__ = ["Brief", "Line", "Rule", "as_data", "as_html", "as_markdown", "as_text", "brief", "rules"]
