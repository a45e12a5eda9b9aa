"""A letter to an administrator: what a run needs, asked for in their language."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from communitykit.connector.asking import Need
    from communitykit.connector.declaration import Connector

LETTERS = {
    "en": {
        "heading": "For the administrator of {title}:",
        "subject": "Subject: read access to {title} for a participation report",
        "hello": "Hello,\n\nWe measure how people take part in our communities on {title}. The tool, communitykit, "
        "runs on a machine of ours and only reads. Private communities and direct messages stay out unless they are "
        "asked for.\n\nCould you grant an app these permissions?",
        "needed": "needed",
        "useful": "useful, may be left out",
        "or": "or",
        "end": "Each can be taken back at any time. Thank you!",
    },
    "fr": {
        "heading": "Pour l'administrateur de {title} :",
        "subject": "Objet : accès en lecture à {title} pour un bilan de participation",
        "hello": "Bonjour,\n\nNous mesurons la participation à nos communautés sur {title}. L'outil, communitykit, "
        "tourne sur une de nos machines et ne fait que lire. Les communautés privées et les messages directs sont "
        "exclus, sauf demande expresse.\n\nPourriez-vous accorder ces autorisations à une application ?",
        "needed": "nécessaire",
        "useful": "utile, facultatif",
        "or": "ou",
        "end": "Chacune peut être retirée à tout moment. Merci !",
    },
}


def letter(connector: Connector, language: str) -> str:
    """Return a text that asks an administrator for what a run needs; nothing where the connector declares none."""
    from communitykit.connector.flow import Selection  # noqa: PLC0415 # imported only when used

    if connector.needs is None:
        return ""
    words = LETTERS[language]
    asked = Selection(settings=connector.settings.model_construct(), until=datetime.now(UTC))
    needs = [_line(one, language) for one in connector.needs(asked)]
    head = (words["subject"].format(title=connector.title), words["hello"].format(title=connector.title))
    return _typeset("\n\n".join([*head, "\n".join(needs), words["end"]]), language)


def heading(connector: Connector, language: str) -> str:
    """Return what stands above the letter."""
    return _typeset(LETTERS[language]["heading"].format(title=connector.title), language)


def _line(need: Need, language: str) -> str:
    words = LETTERS[language]
    use, names = need.use, need.any_of
    if language == "fr":
        use, names = need.use_fr or use, need.any_of_fr or names
    weight = words["needed"] if need.required or need.central else words["useful"]
    colon = " :" if language == "fr" else ":"
    either = f" {words['or']} "
    return f"- {either.join(names)}{colon} {use} ({weight})"


def _typeset(text: str, language: str) -> str:
    """Return a French text with its apostrophes, and a narrow space that does not break before a high sign."""
    if language != "fr":
        return text
    return re.sub(r" ([:;?!])", "\u202f\\1", text.replace("'", "\u2019"))
