"""Whether a message comes from whom it says: what the trusted mail host found, by SPF, DKIM and DMARC."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from referrals.companies import registrable_domain

RESULT = re.compile(r"\s*(dmarc|dkim|spf)\s*(?:/\s*\d+\s*)?=\s*([a-z]+)", re.IGNORECASE)
PROPERTY = re.compile(r"\b(header\.from|header\.d|header\.i|smtp\.mailfrom)\s*=\s*\"?([^\s;\"]{1,320})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Finding:
    """One result: the method, what came of it, and the domain that it is about."""

    method: str
    result: str
    domain: str


@dataclass(frozen=True, slots=True)
class Proof:
    is_good: bool
    says: str


def prove(
    sender: str, *, verdicts: Sequence[str], trusted: Sequence[str], provider: Sequence[dict[str, Any]] = ()
) -> Proof:
    """This function will say whether a message is proven to come from the domain of its sender.

    `verdicts` are its Authentication-Results, topmost first; only the topmost of a trusted host counts, since any
    further down may have come with the message. `provider` is what the provider said beside the message.
    """
    domain = sender.rpartition("@")[2].lower()
    findings = [Finding(**each) for each in provider] or list(_trusted(verdicts, trusted))
    if not findings:
        who = "the trusted mail host" if trusted else "any trusted mail host: none is named in the settings"
        return Proof(False, f"Not proven to come from {domain}: no result of SPF, DKIM or DMARC by {who}")
    told = ", ".join(f"{each.method} {each.result}" for each in findings)
    dmarc = [each.result for each in findings if each.method == "dmarc" and each.domain in ("", domain)]
    # A fail counts whatever it is about: the host read another sender, or names the domain above the sender's.
    is_failed = any(each.method == "dmarc" and each.result == "fail" for each in findings)
    if is_failed or len(set(dmarc)) > 1:  # A host that says two things says one for the sender.
        return Proof(False, f"Not proven to come from {domain}: {told}")
    if "pass" in dmarc:
        return Proof(True, f"Proven to come from {domain}: {told}")
    if any(each.method != "dmarc" and each.result == "pass" and _is_aligned(each, domain) for each in findings):
        return Proof(True, f"Proven to come from {domain}: {told}")
    return Proof(False, f"Not proven to come from {domain}: {told}")


def _is_aligned(finding: Finding, domain: str) -> bool:
    """Whether a result is about the sender's domain, as DMARC's relaxed rule compares them."""
    if not finding.domain or not domain:
        return False
    return finding.domain == domain or (
        registrable_domain(domain) != "" and registrable_domain(finding.domain) == registrable_domain(domain)
    )


def _trusted(verdicts: Sequence[str], trusted: Sequence[str]) -> Iterator[Finding]:
    hosts = {host.strip().lower() for host in trusted if host.strip()}
    for verdict in verdicts:
        plain = _without_comments(verdict)
        host, _, results = plain.partition(";")
        said = host.split()
        if not said or said[0].strip('"').lower() not in hosts:
            continue
        for piece in results.split(";"):
            found = RESULT.match(piece)
            if found:
                method = found.group(1).lower()
                yield Finding(method, found.group(2).lower(), _domain(method, piece))
        return


def _domain(method: str, piece: str) -> str:
    told: dict[str, str] = {name.lower(): value for name, value in PROPERTY.findall(piece)}
    if method == "dmarc":
        value = told.get("header.from", "")
    elif method == "dkim":
        value = told.get("header.d") or told.get("header.i", "")
    else:
        value = told.get("smtp.mailfrom", "")
    return value.rpartition("@")[2].strip("<>").lower()


def _without_comments(text: str) -> str:
    """The header without what stands in parentheses, which may hold anything, and with what is quoted as one word.

    Of what a backslash stands before neither ends anything. Where a quote or parenthesis never ends, what follows it
    is left out.
    """
    depth, quoted, escaped, kept = 0, False, False, []
    for sign in text:
        if escaped:
            escaped = False
            sign = "_"
        elif sign == "\\" and (quoted or depth):
            escaped = True
            continue
        elif sign == '"' and not depth:
            quoted = not quoted
            continue
        elif sign == "(" and not quoted:
            depth += 1
            continue
        elif sign == ")" and depth:
            depth -= 1
            continue
        if quoted:
            kept.append(sign if sign.isalnum() or sign in ".-@" else "_")
        elif not depth:
            kept.append(sign)
    return "".join(kept)
