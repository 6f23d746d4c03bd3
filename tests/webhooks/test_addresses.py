"""Nothing is sent into our own network, whoever asks for it and however, nor waited for without end."""

import socket
import threading
import time
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from notices import outgoing
from notices.models import EventKind, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from notices.outgoing import LOOK_UP, MOST_LOOK_UPS, MOST_READ, NOT_PUBLIC, TOO_SLOW, NotPublic, Outgoing, check_address
from notices.services.keep_endpoint import EndpointRefused
from notices.services.write_event import write_event
from tests.cast import AT, program, the_partner
from tests.webhooks.receiver import Receiver, endpoint_of, sweep

PRIVATE = [
    "127.0.0.1",
    "127.1.2.3",
    "0.0.0.0",
    "10.0.0.5",
    "172.16.3.4",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "224.0.0.1",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:169.254.169.254]",
    "[::ffff:a00:1]",
    "[fe80::1]",
    "[fd00::1]",
    "[fec0::1]",
    "[64:ff9b::7f00:1]",
    "[::7f00:1]",
    "255.255.255.255",
    "240.0.0.1",
    "[2002:7f00:1::]",
    "localhost",
    "2130706433",
    "0x7f000001",
    "127.1",
]
NO_ADDRESS = ["", "example.com", "ftp://example.com/", "http://example.com/", "https://", "https://a b.example/",
              "https://user:secret@example.com/", "https://[::1/", "https://example.com:99999/", "javascript:alert(1)",
              "https://intranet/"]  # fmt: skip


def named(monkeypatch: pytest.MonkeyPatch, *answers: str) -> None:
    """Every name has these addresses, one after the other; the last one stays."""
    left = list(answers)

    def look_up(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        address = left.pop(0) if len(left) > 1 else left[0]
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [(family, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


@pytest.mark.parametrize("host", PRIVATE)
def test_a_private_address_is_refused_when_it_is_saved_and_when_it_is_sent_to(host: str) -> None:
    with pytest.raises(NotPublic):
        check_address(f"https://{host}/hook")
    with Outgoing() as sender:
        answer = sender.post(f"https://{host}/hook", b"{}", {})
    assert answer.status is None


@pytest.mark.parametrize("url", NO_ADDRESS)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(NotPublic):
        check_address(url)


@pytest.mark.parametrize("address", ["10.0.0.5", "127.0.0.1", "169.254.169.254", "::1", "::ffff:10.0.0.5", "fe80::1"])
def test_a_name_that_stands_for_a_private_address_is_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    named(monkeypatch, address)
    with pytest.raises(NotPublic, match=NOT_PUBLIC):
        check_address("https://hooks.example/")
    with Outgoing() as sender:
        assert sender.post("https://hooks.example/", b"{}", {}).text == NOT_PUBLIC


def test_a_public_address_and_a_name_that_nobody_knows_yet_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    check_address("https://93.184.215.14/hook")
    check_address("https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/hook")
    check_address("https://93.184.215.14:8443/hook?key=1")

    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    check_address("https://hooks.example/")
    with Outgoing() as sender:
        assert sender.post("https://hooks.example/", b"{}", {}).status is None


@pytest.mark.parametrize("host", ["hooks.oak.invalid", "hooks.OAK.Invalid.", "oak.invalid:8443"])
def test_a_name_that_leads_nowhere_is_not_even_looked_up(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *names, **_: asked.append(names))
    check_address(f"https://{host}/hook")
    with Outgoing() as sender:
        answer = sender.post(f"https://{host}/hook", b"{}", {})
    assert (answer.status, answer.text) == (None, "no answer: names that end in .invalid lead nowhere")
    assert not asked


def test_a_name_that_leads_elsewhere_between_look_and_connection_leads_nowhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was looked at is what is connected to: the name is asked for once."""
    connected: list[Any] = []

    def connect(address: Any, *_: Any, **__: Any) -> socket.socket:
        connected.append(address[0])
        raise OSError("nothing there")

    monkeypatch.setattr("urllib3.util.connection.create_connection", connect)
    named(monkeypatch, "93.184.215.14", "127.0.0.1")
    with Outgoing() as sender:
        assert sender.post("https://hooks.example/", b"{}", {}).status is None
        assert sender.post("https://hooks.example/", b"{}", {}).text == NOT_PUBLIC
    assert connected == ["93.184.215.14"]


def test_the_tests_own_receivers_are_on_this_machine_and_nothing_else_is_allowed_by_that(
    receiver: Receiver, settings: Settings
) -> None:
    check_address(receiver.url)
    with Outgoing() as sender:
        assert sender.post(receiver.url, b"{}", {}).status == 200
    for address in ("http://10.0.0.5/", "http://169.254.169.254/", "http://[fe80::1]/"):
        with pytest.raises(NotPublic):
            check_address(address)
    settings.WEBHOOKS_TO_LOOPBACK = False
    with Outgoing() as sender:
        assert sender.post(receiver.url, b"{}", {}).status is None
    assert len(receiver.got) == 1


@pytest.mark.parametrize("target", ["http://169.254.169.254/latest/meta-data/", "http://127.0.0.1:1/", "/elsewhere"])
def test_no_redirect_is_followed(target: str, receiver: Receiver) -> None:
    def lead_away(request: BaseHTTPRequestHandler) -> None:
        request.send_response(307)
        request.send_header("Location", target)
        request.send_header("Content-Length", "0")
        request.end_headers()

    receiver.answer = lead_away
    with Outgoing() as sender:
        assert sender.post(receiver.url, b"{}", {}).status == 307
    assert len(receiver.got) == 1


def test_proxies_and_passwords_of_the_machine_are_not_used(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with Outgoing() as sender:
        assert sender.post(receiver.url, b"{}", {}).status == 200
    assert "authorization" not in receiver.got[0][0]


# -- Answers ----------------------------------------------------------------------------------------------


def test_of_an_enormous_answer_only_the_beginning_is_read(receiver: Receiver) -> None:
    sent: list[int] = []

    def flood(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        sent.extend(request.wfile.write(b"x" * 4096) for _ in range(200_000))

    receiver.answer = flood
    with Outgoing() as sender:
        answer = sender.post(receiver.url, b"{}", {})
    assert (answer.status, len(answer.text)) == (200, MOST_READ)
    assert sum(sent) < 50_000_000


@pytest.mark.parametrize("where", ["in the head", "in the body", "never"])
def test_nobody_waits_for_an_answer_that_trickles(
    where: str, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outgoing, "LONGEST_WAIT", 0.4)
    over = threading.Event()

    def trickle(request: BaseHTTPRequestHandler) -> None:
        if where == "never":
            over.wait(10)
            return
        request.wfile.write(b"HTTP/1.1 200 OK\r\n" + (b"\r\n" if where == "in the body" else b"X-Slow: "))
        while not over.wait(0.05):
            request.wfile.write(b"x")

    receiver.answer = trickle
    began = time.monotonic()
    with Outgoing() as sender:
        answer = sender.post(receiver.url, b"{}", {})
    over.set()
    assert (answer.status, answer.text) == (None, TOO_SLOW)
    assert time.monotonic() - began < 5


def test_a_name_service_that_hangs_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outgoing, "LONGEST_LOOK_UP", 0.2)
    over = threading.Event()

    def hang(*_: object, **__: object) -> None:
        over.wait(20)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    began = time.monotonic()
    with Outgoing() as sender:
        assert sender.post("https://hooks.example/", b"{}", {}).text == TOO_SLOW
        check_address("https://hooks.example/")
        many = [sender.post("https://hooks.example/", b"{}", {}).status for _ in range(MOST_LOOK_UPS + 4)]
    assert many == [None] * (MOST_LOOK_UPS + 4)
    assert len([each for each in threading.enumerate() if each.name == LOOK_UP]) <= MOST_LOOK_UPS
    assert time.monotonic() - began < 8
    over.set()
    monkeypatch.undo()
    waited = time.monotonic() + 5
    while any(each.name == LOOK_UP for each in threading.enumerate()) and time.monotonic() < waited:
        time.sleep(0.02)
    check_address("https://93.184.215.14/hook")


def test_a_connection_that_is_made_after_the_time_is_over_is_cut_off(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outgoing, "LONGEST_WAIT", 0.3)
    look_up, over = socket.getaddrinfo, threading.Event()

    def slowly(*asked: Any, **how: Any) -> Any:
        time.sleep(0.6)
        return look_up(*asked, **how)

    def never(request: BaseHTTPRequestHandler) -> None:
        over.wait(10)

    receiver.answer = never
    monkeypatch.setattr(socket, "getaddrinfo", slowly)
    began = time.monotonic()
    with Outgoing() as sender:
        assert sender.post(receiver.url, b"{}", {}).text == TOO_SLOW
    over.set()
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"garbage\r\n\r\n",
        b"HTTP/1.1 abc def\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nnot gzip",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n\x00\xff\xfe",
    ],
)
@pytest.mark.django_db
def test_no_answer_whatever_it_is_breaks_anything(said: bytes, receiver: Receiver) -> None:
    program()
    endpoint_of("ada", receiver.url)
    write_event(kind=EventKind.LEAD_MOVED, partner_id=the_partner("ada").pk, subject="lead 1", at=AT)

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(said)

    receiver.answer = answer
    assert sweep() == 1
    assert WebhookAttempt.objects.count() == 1
    assert WebhookDelivery.objects.get().state in ("due", "delivered")


@pytest.mark.django_db
def test_after_no_answer_the_rest_waits_for_the_next_sweep(receiver: Receiver) -> None:
    program()
    endpoint_of("ada", receiver.url)
    for number in range(3):
        write_event(kind=EventKind.LEAD_MOVED, partner_id=the_partner("ada").pk, subject=f"lead {number}", at=AT)
    receiver.answer = lambda request: None
    assert sweep() == 1


@pytest.mark.django_db
def test_a_private_address_makes_no_endpoint() -> None:
    program()
    with pytest.raises(EndpointRefused, match="public internet"):
        endpoint_of("ada", "https://169.254.169.254/")
    assert not WebhookEndpoint.objects.exists()
