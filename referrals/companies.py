"""By what a company is known again: its registrable domain, its mail's domain, and its name without its form."""

import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import urlsplit

from cleanco import basename
from publicsuffixlist import PublicSuffixList
from rapidfuzz import fuzz, process

# Names whose keys are alike to this degree, of 100, are nearly the same (docs/decisions/recognising-companies.md).
NEARLY = 93.0
NAME_LENGTH = 200
MAILBOXES = """
    126.com 163.com aim.com aol.com att.net bellsouth.net bigpond.com bt.com btinternet.com charter.net comcast.net
    cox.net daum.net duck.com earthlink.net fastmail.com free.fr freenet.de frontier.com gmail.com gmx.at gmx.ch
    gmx.com gmx.de gmx.net googlemail.com hanmail.net hey.com hotmail.ca hotmail.co.uk hotmail.com hotmail.de
    hotmail.es hotmail.fr hotmail.it hushmail.com icloud.com inbox.com laposte.net libero.it live.ca live.co.uk
    live.com live.fr live.nl mac.com mail.com mail.ru mailbox.org me.com msn.com naver.com o2.pl online.de orange.fr
    outlook.com outlook.de outlook.es outlook.fr pm.me posteo.de proton.me protonmail.ch protonmail.com qq.com
    rediffmail.com rocketmail.com rogers.com sbcglobal.net seznam.cz shaw.ca sina.com sky.com spectrum.net t-online.de
    telus.net tiscali.it tuta.com tutanota.com uol.com.br verizon.net virgilio.it wanadoo.fr web.de wp.pl xtra.co.nz
    yahoo.ca yahoo.co.in yahoo.co.jp yahoo.co.uk yahoo.com yahoo.com.br yahoo.de yahoo.es yahoo.fr yahoo.in yahoo.it
    yandex.com yandex.ru yeah.net ymail.com zoho.com zohomail.com
"""
PAGES = """
    about.me bit.ly facebook.com fb.com google.com instagram.com linkedin.com linktr.ee medium.com pinterest.com
    tiktok.com twitter.com x.com yelp.com youtube.com
"""
# A domain at which anybody has a mailbox or a page says nothing of a company.
SHARED = frozenset(f"{MAILBOXES} {PAGES}".split())

_suffixes = PublicSuffixList()


def registrable_domain(site: str) -> str:
    """The part of an address that somebody registered: `acme.co.uk` for `https://www.acme.co.uk/about`.

    Empty where there is none, as in `localhost` or an address of numbers.
    """
    written = site.strip().lower()
    try:
        host = urlsplit(written if "//" in written else f"//{written}").hostname or ""
        host = host.rstrip(".").encode("idna").decode("ascii") if host else ""
    except ValueError:  # UnicodeError is one: no name of a host.
        return ""
    if not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z][a-z0-9-]+", host):
        return ""
    return _suffixes.privatesuffix(host) or ""


def own_domain(site: str) -> str:
    """The registrable domain, where it is one company's and not one that anybody has a page or a mailbox at."""
    domain = registrable_domain(site)
    return "" if domain in SHARED else domain


def mail_domain(email: str) -> str:
    """The domain of a mail address, where it is one company's."""
    return own_domain(email.rpartition("@")[2])


def name_key(name: str) -> str:
    """A company's name as it is compared: without its legal form, accents, signs, capitals and `The`."""
    bare = basename(name) or name
    plain = "".join(c for c in unicodedata.normalize("NFKD", bare.casefold()) if not unicodedata.combining(c))
    words = re.findall(r"\w+", plain.replace("&", " and ").replace("'", "").replace("’", ""))
    if len(words) > 1 and words[0] == "the":
        words = words[1:]
    return " ".join(words)[:NAME_LENGTH].strip()


class Names:
    """Keys of names, to find among them one that is nearly the same."""

    def __init__(self, keys: Iterable[str] = ()) -> None:
        self._places: dict[str, int] = {}
        self._keys: list[str] = []
        self._in_order: list[str] = []  # The same with each one's words sorted.
        for key in keys:
            self.add(key)

    def add(self, key: str) -> None:
        self._places.setdefault(key, len(self._keys))
        self._keys.append(key)
        self._in_order.append(_sort_words(key))

    def nearest(self, key: str) -> int | None:
        """The place, in the order of adding, of the same name or of one that is nearly the same."""
        if not key:
            return None
        if key in self._places:
            return self._places[key]
        for asked, keys in ((key, self._keys), (_sort_words(key), self._in_order)):
            for other, _, place in process.extract(asked, keys, scorer=fuzz.ratio, score_cutoff=NEARLY, limit=5):
                if _figures(other) == _figures(asked):
                    return place
        return None


def _sort_words(key: str) -> str:
    return " ".join(sorted(key.split()))


def _figures(key: str) -> list[str]:
    """The numbers in a name: Studio 54 is not Studio 55."""
    return re.findall(r"\d+", key)
