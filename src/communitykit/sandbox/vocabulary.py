"""What the fictional company is made of: names, sites, departments, sentences. Plain tables, nothing random."""

# ruff: noqa: RUF001, E501 # letters of many scripts are the point, and they are wide

from __future__ import annotations

from typing import NamedTuple


class Site(NamedTuple):
    """An office."""

    city: str
    country: str
    time_zone: str
    language: str


COMPANY = "Aurora Instruments"
DOMAIN = "aurora.example"
FORMER_DOMAIN = "boreal-dawn.example"
PARTNER = "Borealis Partners"
PARTNER_DOMAIN = "borealis.example"

SITES = (
    Site("Hamburg", "Germany", "Europe/Berlin", "de"),
    Site("Chicago", "United States", "America/Chicago", "en"),
    Site("Paris", "France", "Europe/Paris", "fr"),
    Site("Tokyo", "Japan", "Asia/Tokyo", "ja"),
    Site("Dubai", "United Arab Emirates", "Asia/Dubai", "ar"),
    Site("São Paulo", "Brazil", "America/Sao_Paulo", "pt"),
    Site("Tel Aviv", "Israel", "Asia/Jerusalem", "he"),
    Site("Łódź", "Poland", "Europe/Warsaw", "pl"),
    Site("Pune", "India", "Asia/Kolkata", "en"),
    Site("Madrid", "Spain", "Europe/Madrid", "es"),
)

DEPARTMENTS = (
    ("Engineering", "Products"),
    ("Sales", "Markets"),
    ("Operations", "Operations"),
    ("People", "Corporate"),
    ("Finance", "Corporate"),
    ("Marketing", "Markets"),
    ("Research", "Products"),
    ("Customer Care", "Markets"),
    ("Quality", "Operations"),
    ("Legal", "Corporate"),
)

# (as written, as it stands in addresses)
GIVEN = (
    ("Anna", "anna"), ("Jürgen", "juergen"), ("Zoë", "zoe"), ("Łukasz", "lukasz"), ("Mia", "mia"), ("José", "jose"),
    ("Fatima", "fatima"), ("Yuki", "yuki"), ("Noam", "noam"), ("Priya", "priya"), ("Chloé", "chloe"), ("Björn", "bjoern"),
    ("Omar", "omar"), ("Inês", "ines"), ("Darius", "darius"), ("Siobhán", "siobhan"), ("Tomasz", "tomasz"), ("Leila", "leila"),
    ("Kenji", "kenji"), ("Ruth", "ruth"), ("Aarav", "aarav"), ("Elif", "elif"), ("Marek", "marek"), ("Sofía", "sofia"),
    ("健太", "kenta"), ("ليلى", "layla"), ("אורי", "uri"), ("Olga", "olga"), ("Nils", "nils"), ("Grace", "grace"),
)  # fmt: skip
FAMILY = (
    ("Meyer", "meyer"), ("Müller", "mueller"), ("Nowak", "nowak"), ("García", "garcia"), ("Sato", "sato"),
    ("Haddad", "haddad"), ("Cohen", "cohen"), ("Sharma", "sharma"), ("Dubois", "dubois"), ("Silva", "silva"),
    ("O'Brien", "obrien"), ("Lindström", "lindstroem"), ("Kowalski", "kowalski"), ("Johnson", "johnson"),
    ("Yılmaz", "yilmaz"), ("Ferreira", "ferreira"), ("Tanaka", "tanaka"), ("Levi", "levi"), ("Iyer", "iyer"),
    ("van der Berg", "vanderberg"), ("Petrov", "petrov"), ("Abebe", "abebe"), ("Nguyễn", "nguyen"), ("Smith", "smith"),
    ("Rossi", "rossi"), ("Jensen", "jensen"), ("佐藤", "satou"), ("Weber", "weber"), ("Park", "park"), ("Wójcik", "wojcik"),
)  # fmt: skip

TITLES = ("Engineer", "Specialist", "Analyst", "Consultant", "Coordinator", "Designer", "Manager", "Expert")

PLACES = (
    ("project-lighthouse", "Everything about the lighthouse project"),
    ("help-desk", "Ask here, somebody knows"),
    ("hamburg-office", "Keys, coffee & lunch"),
    ("münchen-büro", "Was in München läuft"),
    ("book-club", "One book a month"),
    ("release-notes", "What we shipped"),
    ("customer-stories", "What customers <really> say"),
    ("running", "Runs & results"),
    ("東京オフィス", "東京のお知らせ"),
    ("quality-circle", "Quality & <standards>"),
    ("data-guild", "Data people of all sites"),
    ("women-in-tech", "Network and mentoring"),
    ("sales-emea", "Pipeline and news"),
    ("incidents", "Only incidents"),
    ("design-reviews", "Bring your drafts"),
    ("kudos", "Say thank you"),
)

SENTENCES = {
    "en": (
        "The new build is ready for testing.",
        "I moved the meeting to Thursday at 10.",
        "Can somebody review the draft before noon?",
        "Numbers for last week look good: 3 < 5 & rising.",
        "Please use the snake_case_name from the wiki, not the old one.",
        "We agreed that 5 * 3 boxes go to the Chicago site.",
        "The customer confirmed the order this morning.",
        'In the page it says <div class="note">, which looks wrong.',
        "Thanks, that solved it!",
        "I will look into it after lunch.",
        "The slides are in the shared folder.",
        "Does anyone know who owns the coffee machine contract?",
        "Deployment finished without errors.",
        "Let's keep this thread for questions only.",
        "R&D wants to see the prototype first.",
        "The lift in building 2 is out of order again.",
        "Good catch, I corrected the table.",
        "First results are in; details will follow tomorrow.",
        "Who joins for the run on Friday?",
        "The contract is signed.",
    ),
    "de": (
        "Die Prüfung ist abgeschlossen, alles grün.",
        "Können wir das bitte bis Freitag klären?",
        "Größe und Maße stehen im Anhang.",
        "Vielen Dank für die schnelle Hilfe!",
        "Das Treffen wird auf Dienstag verschoben.",
        "Ich übernehme das, wenn niemand etwas dagegen hat.",
    ),
    "fr": (
        "La réunion est déplacée à jeudi.",
        "Merci beaucoup, c'est réglé !",
        "Où se trouve le modèle à jour ?",
        "Les chiffres de l'été sont déjà là.",
        "Je m'en occupe cet après-midi.",
    ),
    "es": (
        "¿Quién puede revisar la traducción?",
        "Mañana llega el señor Núñez a la oficina.",
        "Gracias, ya está solucionado.",
        "El informe está listo.",
    ),
    "pt": (
        "A reunião começa às nove.",
        "Alguém já viu a nova versão?",
        "Obrigado pela ajuda, pessoal!",
        "O cliente aprovou o orçamento.",
    ),
    "pl": (
        "Proszę o sprawdzenie zamówienia.",
        "Dziękuję, wszystko działa.",
        "Spotkanie zaczyna się o dziesiątej.",
        "Źródło błędu już znalezione.",
    ),
    "ja": (
        "新しい資料を共有しました。",
        "明日の会議は十時からです。",
        "ありがとうございます!",
        "ご確認をお願いします。",
    ),
    "ar": (
        "تم الانتهاء من التقرير.",
        "هل يمكنكم مراجعة الملف اليوم؟",
        "شكرا جزيلا للجميع!",
        "الاجتماع غدا الساعة العاشرة.",
    ),
    "he": (
        "הדוח מוכן לבדיקה.",
        "מי יכול לעזור עם ההזמנה?",
        "תודה רבה, זה עובד!",
        "הפגישה נדחתה ליום חמישי.",
    ),
}

QUESTIONS = (
    "Where can I find the current price list?",
    "How do I reset the scanner in hall 3?",
    "Who can grant access to the archive?",
    "Which version runs on the Tokyo machines?",
)
ANSWERS = (
    "It is on the intranet under Sales.",
    "Hold both keys for ten seconds.",
    "Ask the service desk, it takes a day.",
)
ANNOUNCEMENTS = (
    "From Monday on we use the new travel tool.",
    "The town hall takes place next week; the agenda is below.",
    "Our quarterly results are out.",
)
PRAISES = ("Great work on the release", "Thank you for helping at the fair", "Fantastic talk yesterday")
POLLS = (
    ("Which day suits you for the workshop?", ("Tuesday", "Wednesday", "Friday")),
    ("Lunch together?", ("Yes", "No")),
)
LABELS = ("the plan", "minutes", "ticket", "dashboard", "wiki page")
REACTIONS = ("+1", "heart", "tada", "eyes", "white_check_mark", "joy", "aurora_spark", "clap::skin-tone-3")
EMOJI = ("tada", "smile", "rocket", "+1", "coffee", "warning")
FILES = (
    ("plan.pdf", "application/pdf"),
    ("photo of the stand.png", "image/png"),
    ("Übersicht.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("notes.txt", "text/plain"),
)
TOPICS = ("Q3 goals", "Ask before you ship", "Next meeting: Thursday", "Be kind & curious")
