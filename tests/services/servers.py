"""Real servers for the preflight to ask, and sockets that behave as badly as servers can."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import trustme

PASSWORD = "s3cr3t p@ss/word"
QUOTED = "s3cr3t%20p%40ss%2Fword"
NOBODY = 65534
START_S = 60.0


def free_port() -> int:
    """A loopback port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def await_port(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until the server takes connections."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise AssertionError(f"the server did not start: {log.read_text(errors='replace')}")


@dataclass(frozen=True)
class Certificates:
    """An authority of our own, and what it issued for `localhost`."""

    authority: Path
    key: Path
    chain: Path

    def server_context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.chain, self.key)
        return context


def make_certificates(folder: Path) -> Certificates:
    """An authority that nobody trusts, and a certificate for `localhost`."""
    authority = trustme.CA()
    issued = authority.issue_cert("localhost", "127.0.0.1")
    made = Certificates(folder / "ca.pem", folder / "key.pem", folder / "chain.pem")
    authority.cert_pem.write_to_path(made.authority)
    issued.private_key_pem.write_to_path(made.key)
    for position, blob in enumerate(issued.cert_chain_pems):
        blob.write_to_path(made.chain, append=position > 0)
    return made


@contextlib.contextmanager
def running(
    command: list[str], port: int, log: Path, user: int | None = None, ready: Callable[[], bool] = lambda: True
) -> Iterator[None]:
    """A server process, from the moment that it takes connections until the end of the block."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd="/", user=user, group=user
        )
    try:
        await_port(port, process, log)
        deadline = time.monotonic() + START_S
        while not ready():
            assert time.monotonic() < deadline, log.read_text(errors="replace")
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def find_postgresql() -> Path:
    """The folder of PostgreSQL's programs: Debian keeps those of the server off the `PATH`."""
    if (found := shutil.which("initdb")) and shutil.which("postgres"):
        return Path(found).resolve().parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: float(path.parts[-3]))
    return versions[-1].parent if versions else Path(refuse("postgresql"))


def refuse(package: str) -> str:
    """Say that a server is missing here. In CI that is an error: nothing may go untested in silence."""
    message = f"there is no server: apt-get install {package}"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


@contextlib.contextmanager
def running_postgresql(certificates: Certificates) -> Iterator[tuple[int, Path]]:
    """A PostgreSQL server with a user `app` whose password is `PASSWORD`, TLS on; yields its port and socket's folder."""
    # A server refuses to run as root, and another user cannot enter pytest's folders.
    folder = Path(tempfile.mkdtemp(prefix="muster-postgresql-"))
    try:
        folder.chmod(0o755)
        user = NOBODY if os.getuid() == 0 else None
        programs = find_postgresql()
        data = folder / "data"
        data.mkdir(mode=0o700)
        (folder / "password").write_text(PASSWORD)
        for name, source in (("server.key", certificates.key), ("server.crt", certificates.chain)):
            (folder / name).write_bytes(source.read_bytes())
            (folder / name).chmod(0o600)
        if user is not None:
            for path in (data, folder / "server.key", folder / "server.crt", folder / "password"):
                os.chown(path, user, user)
        subprocess.run(
            [programs / "initdb", "-D", data, "-U", "app", "-A", "scram-sha-256", "--pwfile", folder / "password",
             "--no-sync", "--no-instructions", "-E", "UTF8", "--locale", "C"],
            check=True, capture_output=True, user=user, group=user, cwd="/", timeout=120,
        )  # fmt: skip
        port = free_port()
        settings = {
            "port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": data, "fsync": "off", "ssl": "on",
            "ssl_key_file": folder / "server.key", "ssl_cert_file": folder / "server.crt", "max_connections": 20,
        }  # fmt: skip
        command = [str(programs / "postgres"), "-D", str(data)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        log = folder / "log"
        with running(command, port, log, user, lambda: b"ready to accept" in log.read_bytes()):
            yield port, data
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def running_redis(folder: Path, certificates: Certificates) -> Iterator[tuple[int, int]]:
    """A Redis server with the password `PASSWORD`; yields its port and its TLS port."""
    program = shutil.which("redis-server") or refuse("redis-server")
    port, tls_port = free_port(), free_port()
    command = [
        program, "--port", str(port), "--bind", "127.0.0.1", "--requirepass", PASSWORD, "--save", "", "--dir", str(folder),
        "--tls-port", str(tls_port), "--tls-cert-file", str(certificates.chain), "--tls-key-file", str(certificates.key),
        "--tls-ca-cert-file", str(certificates.authority), "--tls-auth-clients", "no",
    ]  # fmt: skip
    with running(command, port, folder / "redis.log"):
        yield port, tls_port


class Health(BaseHTTPRequestHandler):
    """A web server: its status is its path's, `/503`; `/basic` wants a login; `/slow` never answers."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = self.path.partition("?")[0].strip("/")
        if path == "slow":
            time.sleep(30)
        if path == "basic":
            path = "200" if self.headers["Authorization"] == "Basic YXBwOnMzY3IzdCBwQHNzL3dvcmQ=" else "401"
        self.send_response(int(path or 200))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def running_http(context: ssl.SSLContext | None = None) -> Iterator[int]:
    """An HTTP server on a thread; yields its port."""
    server = QuietServer(("127.0.0.1", 0), Health)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


class QuietServer(ThreadingHTTPServer):
    """A server that does not print what clients do to it."""

    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def serving(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """A TCP server whose every connection is handed to `talk` on a thread; yields its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_accept, args=(listener, talk), daemon=True)
        thread.start()
        yield int(listener.getsockname()[1])
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
    thread.join(10)


def _accept(listener: socket.socket, talk: Callable[[socket.socket], None]) -> None:
    with contextlib.suppress(OSError):
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=_talk, args=(connection, talk), daemon=True).start()


def _talk(connection: socket.socket, talk: Callable[[socket.socket], None]) -> None:
    with contextlib.suppress(OSError), connection:
        talk(connection)


def say_garbage(connection: socket.socket) -> None:
    """Greet like a mail server, whatever comes."""
    connection.sendall(b"220 mail.example ESMTP\r\n")
    connection.recv(4096)
    connection.sendall(b"500 what?\r\n")


def say_nothing(connection: socket.socket) -> None:
    """Take the connection and keep it."""
    while connection.recv(4096):
        pass


def hang_up(connection: socket.socket) -> None:
    """Close at once."""


def drip(connection: socket.socket) -> None:
    """Begin an answer that every read gets a byte of, and that never ends."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Drip: ")
    while True:
        connection.sendall(b"x")
        time.sleep(0.1)


@contextlib.contextmanager
def black_hole() -> Iterator[int]:
    """A port that packets vanish at: its queue is full, so that the kernel drops each new SYN (Linux)."""
    with contextlib.ExitStack() as opened:
        listener = opened.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = int(listener.getsockname()[1])
        for _ in range(4):
            waiting = opened.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(("127.0.0.1", port))
        time.sleep(0.1)
        yield port
