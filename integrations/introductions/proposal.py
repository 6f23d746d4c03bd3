"""Company and contact as a message lets one guess them, for sales to confirm."""

import re
from dataclasses import dataclass

from integrations.introductions.letter import Address
from referrals.companies import mail_domain, name_key

FORMS = {"inc", "inc.", "llc", "ltd", "ltd.", "gmbh", "ag", "corp", "corp.", "co.", "plc", "pty", "kg", "se", "sa",
         "s.a.", "sas", "srl", "bv", "b.v.", "nv", "oy", "ab", "as", "aps", "limited", "incorporated"}  # fmt: skip
MOST_WORDS = 4000
LONGEST_NAME = 5  # Words of a company's name.
PLAIN = re.compile(r"[^\w]+")


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a lead would be made of."""

    company: str
    contact: str
    email: str
    domain: str


def propose(person: Address, *, subject: str, text: str) -> Proposal:
    """This function will propose a lead for a prospect: the company's name as the message writes it, else its domain's.

    The domain is empty where anybody has a mailbox at it; the person's name stands for the company's then.
    """
    domain = mail_domain(person.email)
    is_named = "@" not in person.name and any(sign.isalpha() for sign in person.name)
    contact = person.name if is_named else _from_local(person.email)
    label = domain.partition(".")[0]
    company = (_named(label, f"{subject}\n{text}") or _from_label(label)) if label else contact
    return Proposal(company[:200], contact[:200], person.email, domain)


def _named(label: str, text: str) -> str:
    """The words of a text that are the domain's name written out, with the legal form that follows them."""
    wanted = PLAIN.sub("", label).casefold()
    words = [word.strip("()[]{}<>\"'“”„‘’*|:;!?") for word in text.split()[:MOST_WORDS]]
    best = ""
    for place, word in enumerate(words):
        # A word is where it begins only if the name begins with it.
        if not word or not wanted.startswith(PLAIN.sub("", word).casefold()[: len(wanted)]) or "@" in word:
            continue
        for size in range(1, LONGEST_NAME + 1):
            window = words[place : place + size]
            if any("@" in each or "." in each.rstrip(".,") for each in window):
                break
            if PLAIN.sub("", "".join(window)).casefold() != wanted:
                continue
            after = words[place + size] if place + size < len(words) else ""
            form = f" {after.rstrip(',')}" if after.rstrip(",").casefold() in FORMS else ""
            name = f"{' '.join(window).rstrip('.,')}{form}"
            if name != name.lower() and len(name) > len(best) and name_key(name):
                best = name
    return best


def _from_label(label: str) -> str:
    try:
        plain = label.encode("ascii").decode("idna")
    except UnicodeError:
        plain = label
    return " ".join(word[:1].upper() + word[1:] for word in plain.split("-") if word) or label


def _from_local(email: str) -> str:
    words = re.split(r"[._+-]+", email.partition("@")[0])
    return " ".join(word[:1].upper() + word[1:] for word in words if word) or email
