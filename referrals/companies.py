"""By what a company is known again: its registrable domain, its mail's domain, and its name without its form."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from urllib.parse import urlsplit

from cleanco import basename
from publicsuffixlist import PublicSuffixList

# Names whose keys are alike to this degree, of 100, are nearly the same (docs/decisions/recognising-companies.md).
NEARLY = 70
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


def trigrams(key: str) -> frozenset[str]:
    """The runs of three letters in a name, word for word, as PostgreSQL's `show_trgm` gives them."""
    padded = (f"  {word} " for word in key.split())
    return frozenset(word[start : start + 3] for word in padded for start in range(len(word) - 2))


def likeness(key: str, other: str) -> int:
    """How alike the keys of two names are, of 100: the share of their trigrams that both have.

    Names with different numbers in them are different: Studio 54 is not Studio 55.
    """
    if not key or _figures(key) != _figures(other):
        return 0
    one, two = trigrams(key), trigrams(other)
    shared = len(one & two)
    return 100 * shared // (len(one) + len(two) - shared)


class Names:
    """Keys of names, to find among them one that is nearly the same."""

    def __init__(self, keys: Iterable[str] = ()) -> None:
        self._places: dict[str, int] = {}
        self._keys: list[str] = []
        self._having: defaultdict[str, list[int]] = defaultdict(list)  # The places of the keys with a trigram.
        for key in keys:
            self.add(key)

    def add(self, key: str) -> None:
        place = len(self._keys)
        self._places.setdefault(key, place)
        self._keys.append(key)
        for trigram in trigrams(key):
            self._having[trigram].append(place)

    def nearest(self, key: str) -> int | None:
        """The place, in the order of adding, of the same name or of the one that is most nearly the same."""
        if not key:
            return None
        if key in self._places:
            return self._places[key]
        rarest = sorted(trigrams(key), key=lambda trigram: len(self._having.get(trigram, ())))
        # A name nearly the same has all but so many of the trigrams, hence one of so many and one more.
        missing = len(rarest) * (100 - NEARLY) // 100
        places = {place for trigram in rarest[: missing + 1] for place in self._having.get(trigram, ())}
        alike, place = max(((likeness(key, self._keys[place]), -place) for place in places), default=(0, 0))
        return -place if alike >= NEARLY else None


def _figures(key: str) -> list[str]:
    """The numbers in a name."""
    return re.findall(r"\d+", key)
