"""`https://api.partnerstack.com` as a program on this machine sees it: a proxy that leads it to our own portal."""

import select
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "api.partnerstack.com"
PREFIX = b"/integrations/partnerstack"
BLOCK = 1 << 16


@contextmanager
def pretending(portal: str, folder: Path) -> Iterator[dict[str, str]]:
    """This function will give the environment in which a program takes our portal for PartnerStack.

    The proxy answers to the name with a certificate of its own, which the environment trusts, and puts our prefix
    before each path; else it changes nothing.
    """
    certificate = _certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    class Proxy(StreamRequestHandler):
        def handle(self) -> None:
            asked = self.rfile.readline()
            while self.rfile.readline().strip():
                pass
            assert asked.startswith(f"CONNECT {HOST}:443 ".encode()), asked
            self.wfile.write(b"HTTP/1.1 200 Connected\r\n\r\n")
            with closing(context.wrap_socket(self.connection, server_side=True)) as secured:
                _pass_on(secured, portal)

    with ThreadingTCPServer(("127.0.0.1", 0), Proxy) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        address = f"http://127.0.0.1:{server.server_address[1]}"
        trust = f"import certifi\ncertifi.where = lambda: {str(certificate)!r}\n"
        (folder / "sitecustomize.py").write_text(trust)
        yield {"HTTPS_PROXY": address, "PYTHONPATH": str(folder)}
        server.shutdown()
        thread.join()


def _pass_on(secured: ssl.SSLSocket, portal: str) -> None:
    """Pass calls on one after the other; each asks the portal to hang up after its answer."""
    address = urlsplit(portal)
    asked = b""
    while b"\r\n\r\n" not in asked:
        block = secured.recv(BLOCK)
        if not block:
            return
        asked += block
    first, _, rest = asked.partition(b"\r\n")
    method, path, version = first.split(b" ")
    lines = [line for line in rest.split(b"\r\n") if not line.lower().startswith((b"host:", b"connection:"))]
    host = f"Host: {address.netloc}".encode()
    told = b"\r\n".join([b" ".join([method, PREFIX + path, version]), host, b"Connection: close", *lines])
    with socket.create_connection((address.hostname, address.port or 80)) as onward:
        onward.sendall(told)
        while select.select([onward], [], [], 60)[0] and (block := onward.recv(BLOCK)):
            secured.sendall(block)


def _certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    signed = builder.sign(key, hashes.SHA256())
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = folder / "partnerstack.pem"
    file.write_bytes(signed.public_bytes(serialization.Encoding.PEM) + secret)
    return file
