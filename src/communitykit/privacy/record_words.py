"""What the record of processing says, in English and French."""

from __future__ import annotations

from typing import Final

from communitykit.model.values import Value
from communitykit.privacy import record_fields

_Q: Final = "\N{RIGHT SINGLE QUOTATION MARK}"
WORDS: Final[dict[str, dict[str, Value]]] = {
    "en": {
        "title": "Record of processing",
        "intro": "What is kept of colleagues' activity on their communities, what for, and for how long "
        "(GDPR article 30). Not legal advice.",
        "none": "none",
        "time": "%Y-%m-%d %H:%M UTC",
        "thousands": ",",
        "units": {"d": ("day", "days"), "w": ("week", "weeks"), "mo": ("month", "months"), "y": ("year", "years")},
        "releases": {"subject": "all that is kept about one person"},
        "tables": {name: name for name in record_fields.TABLES},
        "fields": {name: name for name in record_fields.FIELDS},
        "labels": {
            "made_at": "Made at",
            "purpose": "Purpose",
            "retention": "Kept for",
            "k": "Smallest group that is shown (persons)",
            "key_id": "Key of the pseudonyms",
            "connectors": "Read by",
            "forgotten": "Accounts erased and left out since",
        },
        "sections": {
            "facts": "In short",
            "sources": "Sources",
            "scopes": "Rights that reading needs",
            "fields": "Fields that are kept",
            "releases": "Rows about single people that were given out",
        },
        "columns": {
            "facts": ["What", "Value"],
            "sources": ["Platform", "Network", "Connector", "Accounts", "First read", "Last read"],
            "scopes": ["Source", "Rights"],
            "fields": ["Table", "Field", "Rows that have it"],
            "releases": ["When", "To whom", "What", "What for", "Rows"],
        },
    },
    "fr": {
        "title": "Registre des activités de traitement",
        "intro": f"Ce qui est conservé de l{_Q}activité des salariés dans leurs communautés, pour quelle finalité et "
        f"pour combien de temps (article\N{NO-BREAK SPACE}30 du RGPD). Ce document n{_Q}est pas un avis juridique.",
        "none": "néant",
        "time": "%d/%m/%Y %H:%M UTC",
        "thousands": "\N{NARROW NO-BREAK SPACE}",
        "units": {"d": ("jour", "jours"), "w": ("semaine", "semaines"), "mo": ("mois", "mois"), "y": ("an", "ans")},
        "releases": {"subject": "tout ce qui est conservé sur une personne"},
        "tables": record_fields.TABLES,
        "fields": {name: text.replace("'", _Q) for name, text in record_fields.FIELDS.items()},
        "labels": {
            "made_at": "Établi le",
            "purpose": "Finalité",
            "retention": "Durée de conservation",
            "k": f"Effectif minimal d{_Q}un groupe affiché (personnes)",
            "key_id": "Clé de pseudonymisation",
            "connectors": "Connecteurs utilisés",
            "forgotten": "Comptes effacés et exclus depuis",
        },
        "sections": {
            "facts": f"L{_Q}essentiel",
            "sources": "Sources",
            "scopes": "Autorisations nécessaires à la lecture",
            "fields": "Données conservées",
            "releases": "Communications de données individuelles",
        },
        "columns": {
            "facts": ["Rubrique", "Valeur"],
            "sources": ["Plateforme", "Réseau", "Connecteur", "Comptes", "Première lecture", "Dernière lecture"],
            "scopes": ["Source", "Autorisations"],
            "fields": ["Table", "Champ", "Lignes renseignées"],
            "releases": ["Date", "Destinataire", "Objet", "Finalité", "Lignes"],
        },
    },
}
"""By language."""
