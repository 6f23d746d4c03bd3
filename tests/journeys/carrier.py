"""The company's own site, on another host: two pages with forms, and a server that keeps what is sent to it."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "www.quillhaven.example"
FORM = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Quillhaven</title>{script}</head>
<body><form method="post" action="/contact"><label>Company <input name="company"></label>
{field}<button>Contact us</button></form></body></html>"""


@dataclass(slots=True)
class Site:
    """Where the site is served, the two lines that the portal tells it to put into its pages, and what it was sent."""

    port: int
    script: str = ""
    hidden_field: str = ""
    contacts: list[dict[str, str]] = field(default_factory=list)


@contextmanager
def company_site(folder: Path) -> Iterator[Site]:
    """This context serves the company's site over HTTPS on a port of its own."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    site = Site(int(server.server_address[1]))

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer(FORM.format(script=site.script, field=site.hidden_field))

        def do_POST(self) -> None:
            said = self.rfile.read(int(self.headers["Content-Length"])).decode()
            site.contacts.append({name: values[0] for name, values in parse_qs(said).items()})
            self.answer("<!DOCTYPE html><title>Thanks</title>")

        def answer(self, page: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, format: str, *args: object) -> None:
            """Nobody reads it."""

    server.RequestHandlerClass = Pages
    doors = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    doors.load_cert_chain(_certificate(folder))
    server.socket = doors.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path = folder / "site.pem"
    plain = serialization.NoEncryption()
    written = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    path.write_bytes(written + made.public_bytes(serialization.Encoding.PEM))
    return path
