"""What is counted of a text, in SQL: the same rules as `communitykit.privacy.features`, which has them in Python."""

from __future__ import annotations

from communitykit.privacy.features import CODE, LINK, QUESTION_MARKS


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


_ASKS = f"regexp_matches({{}}, {_quoted(f'[{QUESTION_MARKS}]')})"
_SHOWN = "CASE WHEN contains(body, '`') OR regexp_matches(body, '(?i)<(code|pre)[ >]') THEN body ELSE text END"
_BARE = f"regexp_replace(regexp_replace({_SHOWN}, {_quoted(CODE)}, ' ', 'gis'), {_quoted(LINK)}, ' ', 'gi')"

TEXT = "coalesce(nullif(text, ''), nullif(title, ''))"
"""What a post says, from the columns of `posts`; NULL where the record keeps no text of it."""
IS_QUESTION = (
    f"CASE WHEN kind = 'question' THEN true WHEN {TEXT} IS NULL THEN features.has_question "
    f"WHEN NOT {_ASKS.format(TEXT)} THEN false ELSE coalesce({_ASKS.format(_BARE)}, false) END"
)
FEATURES = f"""
    CASE WHEN {TEXT} IS NOT NULL THEN true WHEN features IS NOT NULL THEN features.length > 0
        WHEN body IS NOT NULL OR text IS NOT NULL THEN false END AS has_text,
    {IS_QUESTION} AS is_question,
    CAST(coalesce(length({TEXT}), features.length) AS INTEGER) AS length,
    CAST(coalesce(nullif(len(links), 0), features.links, 0) AS INTEGER) AS links,
    CAST(coalesce(len(attachments), 0) AS INTEGER) AS attachments,
    CAST(coalesce(len(mentions), 0) AS INTEGER) AS mentions,
    lower(nullif(regexp_extract(language, '^([A-Za-z]{{2,3}})(?:[-_][A-Za-z0-9-]*)?$', 1), '')) AS language
"""  # our own text
