"""What a column is, by its heading in English, French or German. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

# In the order of how surely a heading means the field: of two columns for one, the first here counts.
_WORDS: dict[str, str] = {
    "employee_number": "employee number|employee no|employee id|employeeid|employeenumber|emp id|emp no|emp number|"
    "empid|personnel number|personnel no|staff number|staff no|staff id|worker id|worker number|badge number|"
    "person number|payroll number|personalnummer|personal nr|personalnr|pers nr|persnr|mitarbeiternummer|"
    "mitarbeiter nr|mitarbeiter id|ma nr|matricule|numero matricule|no matricule|numero employe|numero d employe|"
    "numero de matricule|id employe|n employe|n matricule|id salarie|code salarie|numero salarie",
    "directory_id": "directory id|object id|objectid|azure ad object id|entra object id|entra id|aad id|aad object id|"
    "azureadobjectid|objekt id|objektkennung|id objet|id d objet",
    "email": "work email|work e mail|business email|company email|corporate email|primary email|email work|"
    "email primary work|email address|e mail address|email|e mail|mail|mail address|primary email address|"
    "primary smtp address|email professionnel|e mail professionnel|courriel professionnel|adresse email|"
    "adresse e mail|adresse mail|courriel|mel|e mail adresse|email adresse|dienstliche e mail|e mail dienstlich|"
    "geschaftliche e mail|mail pro|email pro|adresse electronique",
    "addresses": "aliases|alias|email aliases|mail aliases|proxy addresses|proxyaddresses|other emails|"
    "other email addresses|secondary email|further addresses|autres adresses|autres e mails|weitere adressen|"
    "weitere e mail adressen|user principal name|userprincipalname|upn|benutzerprinzipalname|"
    "nom d utilisateur principal",
    "username": "username|user name|login|login name|samaccountname|account name|network id|windows login|benutzername|"
    "anmeldename|kennung|identifiant|nom d utilisateur|utilisateur",
    "name": "full name|display name|displayname|name|employee name|employee|worker|preferred name|legal name|"
    "common name|vollstandiger name|anzeigename|mitarbeiter|mitarbeitername|name vorname|nom complet|"
    "nom et prenom|nom prenom|prenom nom|nom affiche|collaborateur|salarie",
    "given_name": "first name|firstname|given name|givenname|forename|vorname|rufname|prenom",
    "family_name": "last name|lastname|surname|family name|nachname|familienname|zuname|nom de famille|nom|nom usuel",
    "job_title": "job title|jobtitle|title|position|position title|job|role|job name|business title|function|stelle|"
    "stellenbezeichnung|berufsbezeichnung|funktion|positionsbezeichnung|jobtitel|titre|intitule de poste|"
    "intitule du poste|poste|fonction|emploi|libelle emploi",
    "department": "department|department name|dept|dept name|team|org unit|organizational unit|"
    "organisational unit|supervisory organization|abteilung|abteilungsname|bereichsabteilung|organisationseinheit|"
    "oe|departement|service|nom du service|unite|unite organisationnelle|equipe",
    "division": "division|business unit|bu|business area|segment|sector|bereich|geschaftsbereich|sparte|ressort|"
    "direction|pole|branche|unite d affaires",
    "organization": "company|company name|legal entity|organization|organisation|employer|entity|firma|gesellschaft|"
    "unternehmen|arbeitgeber|societe|entreprise|entite|entite juridique|employeur",
    "site": "office location|office|work location|location|site|site name|location name|building|workplace|city|"
    "work city|standort|arbeitsort|dienstort|niederlassung|buro|stadt|lieu de travail|lieu|etablissement|"
    "localisation|ville|bureau|implantation",
    "country": "country|country code|country region|country name|work country|location country|land|landeskennung|"
    "lander|pays|code pays",
    "language": "language|preferred language|locale|sprache|korrespondenzsprache|langue",
    "manager_number": "manager id|manager employee id|manager number|manager employee number|manager no|"
    "supervisor id|supervisor number|supervisor employee id|reports to id|line manager id|manager personnel number|"
    "vorgesetzter personalnummer|personalnummer vorgesetzter|personalnummer des vorgesetzten|vorgesetzten nr|"
    "vorgesetzter id|matricule manager|matricule du manager|matricule responsable|matricule n 1|id manager|"
    "matricule du responsable",
    "manager_email": "manager email|manager e mail|manager mail|manager email address|supervisor email|"
    "line manager email|reports to email|vorgesetzter e mail|e mail vorgesetzter|e mail des vorgesetzten|"
    "email manager|email du manager|mail manager|email responsable|email du responsable|courriel du responsable",
    "manager": "manager|reports to|supervisor|line manager|direct manager|boss|vorgesetzter|vorgesetzte|fuhrungskraft|"
    "chef|leiter|responsable|responsable hierarchique|superieur|superieur hierarchique|n 1",
    "manager_name": "manager name|supervisor name|line manager name|name vorgesetzter|name des vorgesetzten|"
    "nom du manager|nom du responsable",
    "start_date": "start date|hire date|hiredate|date hired|date of hire|original hire date|last hire date|"
    "joining date|date of joining|employment start|employment start date|entry date|startdate|employeehiredate|"
    "eintrittsdatum|eintritt|einstellungsdatum|beginn|beschaftigungsbeginn|date d embauche|date d entree|"
    "date entree|date embauche|date de debut|date arrivee|date d arrivee|debut de contrat",
    "end_date": "end date|termination date|leave date|leaving date|last day|last working day|last day of work|"
    "exit date|employment end|employment end date|contract end date|enddate|employeeleavedatetime|austrittsdatum|"
    "austritt|ende|beschaftigungsende|vertragsende|date de sortie|date de depart|"
    "dernier jour|dernier jour travaille|dernier jour de travail|"
    "letzter tag|letzter arbeitstag|date sortie|date de fin|"
    "date fin|fin de contrat",
    "status": "status|employee status|employment status|worker status|active|active status|account enabled|"
    "accountenabled|is active|aktiv|mitarbeiterstatus|beschaftigungsstatus|statut|etat|actif|statut employe",
    "employment": "employment type|employee type|employeetype|worker type|contract type|type of employment|"
    "employee class|employee group|employee category|beschaftigungsart|mitarbeiterart|mitarbeitertyp|"
    "mitarbeitergruppe|vertragsart|type de contrat|type d emploi|type de salarie|categorie",
    "leader": "is manager|is leader|people manager|leader|leadership|manager flag|is people manager|has reports|"
    "ist fuhrungskraft|fuhrungskraft ja nein|leitungsfunktion|est manager|est responsable|encadrant|manager o n",
    "accounts": "accounts|account ids|platform accounts|konten|comptes",
}  # fmt: skip


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_FILLERS = _set("a au aux d das de der des die du el en l la le les of par the von zum zur")
"""Words that change nothing about what a heading means."""


def _bare(plain: str) -> frozenset[str]:
    """Return the words of a heading that mean something, in no order."""
    return frozenset(plain.split()) - _FILLERS


_FIELD = {
    heading: (field, rank) for field, headings in _WORDS.items() for rank, heading in enumerate(headings.split("|"))
}
_ANY_ORDER = {_bare(heading): found for heading, found in reversed(_FIELD.items())}
_FAR = 1_000
"""The rank of a heading that is known by its words alone."""

_MAIL = _set(
    "mail mails email emails courriel courriels mel messagerie electronique electronic smtp firmenmail dienstmail "
    "mailadresse emailadresse"
)
_OF_WORK = _set(
    "work business company corporate professional professionnel professionnelle pro entreprise societe travail office "
    "bureau geschaftlich geschaftliche dienstlich dienstliche beruflich berufliche firma firmen dienst unternehmen "
    "arbeit organization organisation"
)
_ABOUT_MAIL = _set(
    "e address addresses adresse adressen courrier primary principal principale main haupt default internal interne "
    "interner employee employe salarie collaborateur staff worker mitarbeiter user utilisateur benutzer contact "
    "kontakt"
)
_FURTHER = _set(
    "other autre autres weitere weiterer further additional secondary second secondaire alias aliases alternative "
    "alternate zweite zweit former ancien ancienne ehemalige"
)
_PRIVATE = _set(
    "private privat privater privates prive privee perso personal personnel personnelle personlich personliche home"
)
_BOSS = _set(
    "manager supervisor boss chef responsable superieur vorgesetzter vorgesetzten vorgesetzte fuhrungskraft leiter"
)
_BOSS_TOO = _set("hierarchique line direct n 1")
_DAYS = _set(
    "date dates datum day birthday birth naissance geburtsdatum geburtstag eintritt austritt beginn ende seit since"
)
_NUMBER = _set("number no nr num numero id nummer code identifiant identifier n")
_STAFF = _set(
    "employee employe staff worker personnel emp salarie agent collaborateur mitarbeiter matricule badge payroll rh hr "
    "sap workday"
)
_SURE_STAFF = frozenset({"matricule", "personalnummer", "personalnr", "mitarbeiternummer", "mitarbeiternr"})
_OF_STAFF = _set("interne internal unique sap rh hr workday paie paye global")


def _by_words(words: frozenset[str]) -> tuple[str, int]:
    """Return the field that a heading's words mean, and how surely; no field where one of them may mean another.

    An address is one whatever is said of it (`Adresse de messagerie professionnelle`), but a private one.
    """
    boss = bool(words & _BOSS) or {"n", "1"} <= words
    about_boss = _BOSS | _BOSS_TOO if boss else frozenset()
    if words & _MAIL:
        rest = words - _MAIL - _ABOUT_MAIL - _OF_WORK
        if not rest:
            return "email", 0 if words & _OF_WORK else _FAR
        if boss and rest <= about_boss:
            return "manager_email", _FAR
        return ("addresses", _FAR) if rest <= _FURTHER else ("", 0)
    number = words & _SURE_STAFF or (words & _NUMBER and (boss or words & _STAFF))
    if number and words <= _SURE_STAFF | _NUMBER | _STAFF | _OF_STAFF | about_boss:
        return ("manager_number" if boss else "employee_number"), _FAR
    return "", 0


def _meaning(column: str) -> tuple[str, int]:
    """Return the field that a heading means, and its rank: as it stands, by the same words, by what they mean."""
    plain = plain_heading(column)
    known = _FIELD.get(plain) or _FIELD.get(plain.replace(" ", "")) or _ANY_ORDER.get(_bare(plain))
    found = known or _by_words(_bare(plain))
    whole = plain_heading(re.sub(r"[()\[\]]", " ", column)).split()
    return ("", 0) if found[0] in {"email", "addresses"} and _PRIVATE.intersection(whole) else found


_WHO = frozenset({"employee_number", "directory_id", "email", "username", "name", "family_name"})
"""Fields of which a table of people has one."""


def plain_heading(text: str) -> str:
    """Return a heading as it is compared: in lower case, without accents, signs and what stands in brackets."""
    text = re.sub(r"\([^)]*\)|\[[^]]*\]", " ", text.replace("ß", "ss"))
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text) if not re.search(r"\s|_|-", text.strip()) else text
    bare = unicodedata.normalize("NFKD", text.lower())
    words = re.sub(r"[^a-z0-9]+", " ", "".join(one for one in bare if not unicodedata.combining(one))).split()
    return " ".join(words)


def is_of_days(column: str) -> bool:
    """Tell whether a heading speaks of days, whatever day is meant."""
    return not _DAYS.isdisjoint(plain_heading(column).split())


def recognise(columns: Sequence[str], told: Mapping[str, str]) -> dict[str, str]:
    """Return which field each column is, by its heading as written; those that are none are left out.

    `told` maps headings (in any case) to fields, or to `none`: that wins. Of several columns for one field the surest
    heading counts, but addresses are all taken, the others as further ones.
    """
    wanted = {heading.casefold().strip(): field for heading, field in told.items()}
    found: dict[str, tuple[int, str]] = {}
    further: list[str] = []
    for column in columns:
        if (field := wanted.get(column.casefold().strip())) is not None:
            if field != "none":
                found[field] = (-1, column)
            continue
        field, rank = _meaning(column)
        if not field:
            continue
        before = found.get(field)
        if before is None or rank < before[0]:
            found[field] = (rank, column)
            column = before[1] if before else ""  # noqa: PLW2901 # the one that lost
        if column and field in {"email", "addresses"}:
            further.append(column)
    return {column: field for field, (_, column) in found.items()} | dict.fromkeys(further, "addresses")


def is_header(columns: Sequence[str], told: Mapping[str, str]) -> bool:
    """Tell whether cells are the headings of a table of people: two fields at least, one of which says who."""
    fields = set(recognise(columns, told).values())
    return len(fields) > 1 and not fields.isdisjoint(_WHO)
