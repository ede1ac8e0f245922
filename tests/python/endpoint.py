"""A WinRM endpoint that owes psbridge nothing: psrpcore speaks PSRP, pyspnego signs clients in, and the HTTP and
WS-Management parts are written from the protocol description. It judges psbridge's client.

    endpoint.py --work DIR [--hold SECONDS] [--keytab FILE]

One JSON line on standard output says where it listens; it ends when its standard input does. A request to
`/hostile/ACT/OPERATION` is answered as an attacker or a broken server would answer OPERATION, one to `/shape/ACT` by a
server of odd but lawful habits (none for an act that it does not know). With a keytab it accepts Kerberos too. `GET /heard/PATH` tells what came for a path.
"""

import argparse
import base64
import hashlib
import http.server
import json
import os
import pathlib
import socket
import ssl
import sys
import threading
import typing
import uuid

import credssp
import sealing
import spnego.exceptions
import wsman
from certificate import make_certificate
from shells import Shell

USER, PASSWORD = "alice", "Corréct-Horse 7"
DOMAIN_USER, DOMAIN_PASSWORD = "LAB\\bob", "Other-Secret_9"


class State:
    """What all connections share."""

    def __init__(self, hold: float, certificate_hash: bytes, kerberos: bool) -> None:
        self.hold = hold
        self.kerberos = kerberos
        self.certificate_hash = certificate_hash
        self.lock = threading.Lock()
        self.shells: typing.Dict[str, Shell] = {}
        self.past: typing.List[Shell] = []
        self.requests: typing.List[typing.Dict[str, typing.Any]] = []
        self.malformed: typing.List[typing.Tuple[str, str]] = []
        #: What clients have handed over by CredSSP, and how often they began to.
        self.handed_over: typing.List[typing.Tuple[str, typing.Optional[typing.Dict[str, typing.Any]]]] = []
        self.refusals: typing.List[typing.Tuple[str, str]] = []
        self.connections = 0

    def refused(self, path: str, why: str) -> None:
        with self.lock:
            self.refusals.append((path, why))

    def heard(self, path: str) -> typing.Dict[str, typing.Any]:
        with self.lock:
            everything = self.past + list(self.shells.values())
            return {
                "requests": [request for request in self.requests if request["path"] == path],
                "malformed": [text for where, text in self.malformed if where == path],
                "handed_over": [given for where, given in self.handed_over if where == path],
                "refused": [text for where, text in self.refusals if where == path],
                "shells": [
                    {
                        "pool": str(shell.pool.runspace_pool_id),
                        "closed": shell.closed,
                        "heard": shell.pool.heard,
                        "open_commands": len(shell.commands),
                        "produced": shell.produced,
                        **shell.stats,
                    }
                    for shell in everything
                    if shell.path == path
                ],
            }


class Cut(Exception):
    """Ends the connection at once."""


class Handler(http.server.BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: "Server"
    # Answers leave in one piece; without this each waits for the client's delayed ACK.
    disable_nagle_algorithm = True
    wbufsize = -1

    def setup(self) -> None:
        if self.server.tls is not None:
            self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        super().setup()
        state = self.server.state
        self.auth = self._nobody()
        with state.lock:
            state.connections += 1
            self.number = state.connections

    def _nobody(self, act: str = "") -> sealing.Connection:
        return sealing.Connection(self.server.state.certificate_hash if self.server.tls else None, act)

    def log_message(self, *args: typing.Any) -> None:
        pass

    def do_GET(self) -> None:
        if self.path.startswith("/heard/"):
            heard = self.server.state.heard(self.path[len("/heard") :])
            self._answer(200, json.dumps(heard).encode(), "application/json")
        else:
            self._answer(404, b"<html><body>nothing here</body></html>", "text/html")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        # Clients of Exchange name their version there.
        self.path = self.path.partition("?")[0]
        parts = self.path.strip("/").split("/")
        self.act = parts[1] if parts[0] in ("hostile", "shape") and len(parts) > 1 else ""
        self.at = parts[2] if parts[0] == "hostile" and len(parts) > 2 else ""
        if not self.act and parts[0].lower() not in ("wsman", "powershell"):
            self._answer(404, b"<html><body>Not Found</body></html>", "text/html")
            return
        try:
            plain = self._signed_in(body)
            if plain is not None:
                self._operate(plain)
        except Cut:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

    # -- signing in

    def _signed_in(self, body: bytes) -> typing.Optional[bytes]:
        """The request in plain text, or None when the answer (401 or a refusal) has been given."""
        offered = self.headers.get("Authorization", "")
        scheme = offered.partition(" ")[0].lower()
        sealed = self.headers.get("Content-Type", "").startswith("multipart/")
        try:
            if scheme == "credssp":
                self._credssp(offered, body)
                return None
            if scheme == "basic":
                return self._basic(offered, body)
            if self.act == "only-kerberos" and scheme in ("negotiate", "ntlm"):
                self._challenge(None)
                return None
            if scheme in ("negotiate", "ntlm", "kerberos"):
                if self.auth.authenticated or self.auth.context is None:
                    self.auth = self._nobody(self.act)
                without = sealing.WEAK.get(self.act, 0)
                answer = self.auth.step(offered, int(without), self.act)
                if not self.auth.authenticated:
                    self._challenge(answer)
                    return None
                if not body:
                    self._answer(200, b"", "application/soap+xml;charset=UTF-8", answer)
                    return None
                self.last_token = answer
            elif not self.auth.authenticated:
                self._challenge(None)
                return None
            if sealed:
                return self.auth.unseal(body, self.headers["Content-Type"])
            if self.server.tls is None:
                self._refuse(f"a request in clear on HTTP: {body[:60]!r}")
                return None
            return body
        except (spnego.exceptions.SpnegoError, ValueError, sealing.SealError) as error:
            if isinstance(error, sealing.SealError):
                self._refuse(f"sealing: {error}")
            else:
                told = self.auth.refusal(error) if isinstance(self.auth, sealing.Connection) else None
                self.auth = self._nobody()
                self.server.state.refused(self.path, str(error))
                self._challenge(told)
            return None

    def _credssp(self, offered: str, body: bytes) -> None:
        """One leg; the last one is answered with 200."""
        if body:
            self._complain("a request beside a token of CredSSP")
        if not isinstance(self.auth, credssp.Connection) or self.auth.authenticated:
            self.auth = credssp.Connection(self.act)
        answer = self.auth.step(base64.b64decode(offered.partition(" ")[2].strip(), validate=True))
        if self.auth.context.passwords:
            with self.server.state.lock:
                self.server.state.handed_over.append((self.path, self.auth.handed_over))
        if self.auth.authenticated:
            self._answer(200, b"", "application/soap+xml;charset=UTF-8")
        else:
            self._challenge(None if answer is None else f"CredSSP {base64.b64encode(answer).decode()}")

    def _basic(self, offered: str, body: bytes) -> typing.Optional[bytes]:
        if self.server.tls is None:
            self._refuse("Basic on plain HTTP")
            return None
        given = base64.b64decode(offered.partition(" ")[2]).decode("utf-8")
        if given != f"{USER}:{PASSWORD}":
            self._challenge(None)
            return None
        return body

    def _challenge(self, token: typing.Optional[str]) -> None:
        self.send_response(401)
        if token:
            self.send_header("WWW-Authenticate", token)
        else:
            if self.act != "only-kerberos":
                self.send_header("WWW-Authenticate", "Negotiate")
                self.send_header("WWW-Authenticate", "NTLM")
            if self.act.startswith("credssp"):
                self.send_header("WWW-Authenticate", "CredSSP")
            if self.server.state.kerberos:
                self.send_header("WWW-Authenticate", "Kerberos")
            if self.server.tls is not None:
                self.send_header("WWW-Authenticate", 'Basic realm="WSMAN"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _refuse(self, why: str) -> None:
        self._complain(why)
        self._answer(400, b"", "text/plain")

    def _complain(self, why: str) -> None:
        """Notes that a client broke a rule."""
        with self.server.state.lock:
            self.server.state.malformed.append((self.path, why))

    # -- answering

    def _answer(self, status: int, body: bytes, kind: str, token: typing.Optional[str] = None) -> None:
        self.send_response(status)
        if token:
            self.send_header("WWW-Authenticate", token)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def _soap(self, status: int, envelope: bytes, operation: str) -> None:
        act = self.act if operation == self.at else ""
        token = self.__dict__.pop("last_token", None)
        if act == "no-answer":
            raise Cut
        if act == "html":
            self._answer(200, b"<!DOCTYPE html><html><body>Welcome</body></html>", "text/html", token)
            return
        if act.startswith("status-"):
            self._answer(int(act[7:]), b"", "text/plain", token)
            return
        if act.startswith("page-"):
            page = b"<html><body><script>alert(1)</script>\x1b[31mService Unavailable</body></html>"
            self._answer(int(act[5:]), page, "text/html", token)
            return
        if act == "not-xml":
            envelope = b"<s:Envelope <<"
        elif act == "doctype":
            envelope = b'<!DOCTYPE a [<!ENTITY b "c">]>' + envelope
        elif act == "huge":
            envelope = envelope.replace(b"</s:Body>", b" " * (64 * 1024 * 1024) + b"</s:Body>")
        kind = "application/soap+xml;charset=UTF-8"
        body = envelope
        if self.auth.authenticated and self.auth.context is not None and act != "clear" and self.server.tls is None:
            shape = self.act if self.act == "spaced-boundary" else act
            body = self.auth.seal(envelope, shape)
            kind = self.auth.content_type
        if act == "cut":
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            raise Cut
        self._answer(status, body, kind, token)

    # -- operations

    def _operate(self, plain: bytes) -> None:
        operation, relates_to = "", "uuid:00000000-0000-0000-0000-000000000000"
        try:
            request = wsman.Request(plain)
            operation = request.operation
            if operation == "Identify":
                self._note(operation, None, len(plain))
                self._soap(200, wsman.identify(), operation)
                return
            relates_to = request.message_id
            self._note(operation, request, len(plain))
            if self.act.startswith("fault-") and operation == self.at:
                raise wsman.Fault(int(self.act[6:]), "w:InternalError", "A fault on order. ", sender=False)
            answer = self._perform(request)
            if self.act == "wrong-relates-to" and operation == self.at:
                answer = answer.replace(relates_to.encode(), f"uuid:{str(uuid.uuid4()).upper()}".encode())
            self._soap(200, answer, operation)
        except wsman.Fault as error:
            self._soap(500, wsman.fault(error, relates_to), operation)
        except (wsman.Malformed, ValueError, KeyError, AttributeError) as error:
            self._complain(f"{operation}: {type(error).__name__}: {error}")
            refusal = wsman.Fault(2150858767, "a:InvalidMessageInformationHeader", f"{error} ")
            self._soap(500, wsman.fault(refusal, relates_to), operation)

    def _note(self, operation: str, request: typing.Optional[wsman.Request], size: int) -> None:
        entry = {
            "operation": operation,
            "size": size,
            "path": self.path,
            "connection": self.number,
            "user": self.auth.principal,
            "scheme": self.auth.scheme or "Basic",
            "raw_ntlm": self.auth.raw_ntlm,
            "mechanism": self.auth.mechanism,
            "wrap_form": getattr(self.auth, "wrap_form", None),
            "bound": self.auth.bound,
            "delegated": self.auth.delegated,
            "sealed": self.headers.get("Content-Type", "").startswith("multipart/"),
            "headers": dict(self.headers.items()),
        }
        entry["headers"].pop("Authorization", None)
        if request is not None:
            entry.update(
                resource_uri=request.resource_uri,
                max_envelope=request.max_envelope,
                timeout=request.timeout,
                selectors=request.selectors,
                options=request.options,
            )
        with self.server.state.lock:
            self.server.state.requests.append(entry)

    def _shell(self, request: wsman.Request) -> Shell:
        shell = self.server.state.shells.get(request.selectors.get("ShellId", ""))
        if shell is None or shell.closed:
            raise wsman.Fault(wsman.NOT_FOUND, "w:InvalidSelectors", "The shell was not found on the server. ")
        return shell

    def _perform(self, request: wsman.Request) -> bytes:
        if request.operation == "Create":
            return self._create(request)
        if request.operation not in ("Command", "Send", "Receive", "Signal", "Delete"):
            raise wsman.Fault(2150858753, "a:ActionNotSupported", f"The action {request.action} is not supported. ")
        shell = self._shell(request)
        if request.operation == "Delete":
            shell.delete()
            state = self.server.state
            with state.lock:
                state.shells.pop(request.selectors["ShellId"], None)
                state.past.append(shell)
            return wsman.empty_response(request)
        return getattr(self, f"_{request.operation.lower()}")(request, shell)

    def _create(self, request: wsman.Request) -> bytes:
        if request.resource_uri.rpartition("/")[2] == "Unknown.Configuration":
            raise wsman.Fault(
                2150858811,
                "a:DestinationUnreachable",
                "The WS-Management service cannot process the request. The resource URI was not found. ",
            )
        if "protocolversion" not in request.options:
            raise wsman.Malformed("no protocolversion")
        element = request.child("Shell")
        streams = [element.findtext(f"{{{wsman.SHELL}}}{name}") for name in ("InputStreams", "OutputStreams")]
        if streams != ["stdin pr", "stdout"]:
            raise wsman.Malformed(f"streams {streams}")
        shell = Shell(self.act, self.path)
        shell.open(wsman.decode(element.findtext(f"{{{wsman.POWERSHELL}}}creationXml")))
        shell_id = element.attrib.get("ShellId", str(uuid.uuid4()).upper())
        if self.act == "server-ids":
            shell_id = str(uuid.uuid4()).upper()
        with self.server.state.lock:
            self.server.state.shells[shell_id] = shell
        return wsman.created(request, shell_id)

    def _command(self, request: wsman.Request, shell: Shell) -> bytes:
        line = request.child("CommandLine")
        arguments = line.findall(f"{{{wsman.SHELL}}}Arguments")
        if len(arguments) != 1:
            raise wsman.Malformed(f"{len(arguments)} Arguments")
        command = shell.command(line.attrib["CommandId"], wsman.decode(arguments[0].text))
        return wsman.command_response(request, command.id)

    def _send(self, request: wsman.Request, shell: Shell) -> bytes:
        for stream in request.child("Send").findall(f"{{{wsman.SHELL}}}Stream"):
            if stream.attrib.get("Name") not in ("stdin", "pr"):
                raise wsman.Malformed(f"stream {stream.attrib.get('Name')}")
            if "CommandId" in stream.attrib and stream.attrib["CommandId"] not in shell.commands:
                raise wsman.Fault(wsman.NOT_FOUND, "w:InvalidSelectors", "The command was not found. ")
            shell.stats["sends"] += 1
            shell.receive(wsman.decode(stream.text))
        return wsman.empty_response(request)

    def _receive(self, request: wsman.Request, shell: Shell) -> bytes:
        desired = request.child("Receive").findall(f"{{{wsman.SHELL}}}DesiredStream")
        if len(desired) != 1 or desired[0].text != "stdout":
            raise wsman.Malformed("DesiredStream is not stdout")
        command_id = desired[0].attrib.get("CommandId")
        if command_id is None:
            target = shell.target
        elif command_id in shell.commands:
            target = shell.commands[command_id].target
        else:
            raise wsman.Fault(wsman.NOT_FOUND, "w:InvalidSelectors", "The command was not found. ")
        taken = shell.take(target, request.max_envelope - 4000, min(request.timeout, self.server.state.hold))
        if taken is None:
            text = "The WS-Management service cannot complete the operation within the time specified. "
            raise wsman.Fault(wsman.TIMED_OUT, "w:TimedOut", text, sender=False)
        if target.gone and not taken[0] and taken[1] is None:
            text = "The I/O operation has been aborted because of either a thread exit or an application request. "
            raise wsman.Fault(995, "w:InternalError", text, sender=False)
        return wsman.receive_response(request, taken[0], command_id, taken[1])

    def _signal(self, request: wsman.Request, shell: Shell) -> bytes:
        signal = request.child("Signal")
        command_id = signal.attrib.get("CommandId", "")
        if command_id not in shell.commands:
            raise wsman.Fault(wsman.NOT_FOUND, "w:InvalidSelectors", "The command was not found. ")
        code = signal.findtext(f"{{{wsman.SHELL}}}Code")
        if code not in (wsman.STOP, wsman.TERMINATE):
            # Windows takes any other code for Terminate, but a client should not lean on that.
            self._complain(f"Signal: code {code}")
        shell.signal(command_id, code == wsman.STOP)
        return wsman.empty_response(request)


class Server(http.server.ThreadingHTTPServer):
    """HTTP, or HTTPS when it has a TLS context."""

    request_queue_size = 64
    daemon_threads = True

    def __init__(self, state: State, tls: typing.Optional[ssl.SSLContext] = None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.state = state
        self.tls = tls

    def handle_error(self, request: typing.Any, client_address: typing.Any) -> None:
        """Clients that go away or refuse the certificate are part of the tests."""
        error = sys.exc_info()[1]
        if not isinstance(error, (OSError, ssl.SSLError)):
            super().handle_error(request, client_address)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--work", required=True, type=pathlib.Path)
    parser.add_argument("--hold", type=float, default=2.0, help="longest time a Receive is held, in seconds")
    parser.add_argument("--keytab", help="the keys of the services that it stands for; KRB5_CONFIG names their realm")
    arguments = parser.parse_args()

    certificate = make_certificate(arguments.work)
    # Without one Kerberos finds no keys, whatever the machine has.
    os.environ["KRB5_KTNAME"] = arguments.keytab or str(arguments.work / "no.keytab")
    users = arguments.work / "ntlm-users"
    users.write_text(
        f":{USER}:{PASSWORD}\nLAB:bob:{DOMAIN_PASSWORD}\n:alice@lab.example:{PASSWORD}\n", encoding="utf-8"
    )
    users.chmod(0o600)
    os.environ["NTLM_USER_FILE"] = str(users)

    state = State(arguments.hold, hashlib.sha256(certificate.der).digest(), bool(arguments.keytab))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate.pem, certificate.key)
    plain, secure = Server(state), Server(state, tls)
    for server in (plain, secure):
        threading.Thread(target=server.serve_forever, daemon=True).start()
    print(
        json.dumps(
            {
                "http": f"http://127.0.0.1:{plain.server_port}",
                "https": f"https://127.0.0.1:{secure.server_port}",
                "ca": str(certificate.pem),
                "sha256": hashlib.sha256(certificate.der).hexdigest(),
                "user": USER,
                "password": PASSWORD,
                "domain_user": DOMAIN_USER,
                "domain_password": DOMAIN_PASSWORD,
            }
        ),
        flush=True,
    )
    sys.stdin.read()


if __name__ == "__main__":
    main()
