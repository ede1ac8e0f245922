"""WS-Management for the endpoint's side: requests taken apart, answers and faults put together.

Written from the protocol description alone, so that it judges psbridge instead of repeating it.
"""

import base64
import re
import typing
import uuid
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

SOAP = "http://www.w3.org/2003/05/soap-envelope"
WSA = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
WSMAN = "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"
WSMV = "http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd"
SHELL = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
TRANSFER = "http://schemas.xmlsoap.org/ws/2004/09/transfer"
IDENTITY = "http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"
POWERSHELL = "http://schemas.microsoft.com/powershell"
XML = "http://www.w3.org/XML/1998/namespace"
WSMANFAULT = "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault"

FAULT_ACTION = "http://schemas.dmtf.org/wbem/wsman/1/wsman/fault"

ACTIONS = {
    f"{TRANSFER}/Create": "Create",
    f"{TRANSFER}/Delete": "Delete",
    f"{SHELL}/Command": "Command",
    f"{SHELL}/Send": "Send",
    f"{SHELL}/Receive": "Receive",
    f"{SHELL}/Signal": "Signal",
}

STOP = "powershell/signal/crtl_c"
TERMINATE = f"{SHELL}/signal/Terminate"

TIMED_OUT = 2150858793
NOT_FOUND = 2150858843


class Fault(Exception):
    """A SOAP fault, answered with HTTP status 500."""

    def __init__(self, code: int, subcode: str, text: str, sender: bool = True) -> None:
        super().__init__(text)
        self.code = code
        self.subcode = subcode
        self.text = text
        self.value = "s:Sender" if sender else "s:Receiver"


class Malformed(Exception):
    """A request that breaks a rule of the protocol description; told to the tests, not guessed around."""


class Request:
    """One request envelope."""

    def __init__(self, body: bytes) -> None:
        self.root = ElementTree.fromstring(body)
        if self.root.tag != f"{{{SOAP}}}Envelope":
            raise Malformed(f"root element is {self.root.tag}")
        header = self.root.find(f"{{{SOAP}}}Header")
        self.header = header if header is not None else ElementTree.Element("none")
        found = self.root.find(f"{{{SOAP}}}Body")
        if found is None:
            raise Malformed("no s:Body")
        self.body = found
        self.payload = next(iter(self.body), None)

        if self.payload is not None and self.payload.tag == f"{{{IDENTITY}}}Identify":
            self.operation = "Identify"
            return
        self.action = self._text(WSA, "Action")
        self.operation = ACTIONS.get(self.action, "")
        self.message_id = self._text(WSA, "MessageID")
        self._check_headers()

    def _text(self, namespace: str, name: str) -> str:
        node = self.header.find(f"{{{namespace}}}{name}")
        if node is None:
            raise Malformed(f"no {name} header")
        return (node.text or "").strip()

    def _must_understand(self, node: ElementTree.Element) -> typing.Optional[str]:
        value = node.attrib.get(f"{{{SOAP}}}mustUnderstand")
        return {"1": "true", "0": "false"}.get(value, value) if value else value

    def _check_headers(self) -> None:
        if not re.fullmatch(r"uuid:[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}", self.message_id):
            raise Malformed(f"MessageID {self.message_id!r}")
        self.to = self._text(WSA, "To")
        reply_to = self.header.find(f"{{{WSA}}}ReplyTo/{{{WSA}}}Address")
        if reply_to is None or (reply_to.text or "") != f"{WSA}/role/anonymous":
            raise Malformed("ReplyTo is not the anonymous role")
        self.resource_uri = self._text(WSMAN, "ResourceURI")
        self.max_envelope = int(self._text(WSMAN, "MaxEnvelopeSize"))
        timeout = re.fullmatch(r"PT(\d+(?:\.\d+)?)S", self._text(WSMAN, "OperationTimeout"))
        if not timeout:
            raise Malformed("OperationTimeout is not PTnS")
        self.timeout = float(timeout[1])
        for name in (f"{{{WSMAN}}}Locale", f"{{{WSMV}}}DataLocale"):
            node = self.header.find(name)
            if node is not None and self._must_understand(node) == "true":
                raise Fault(2150858887, "w:UnsupportedFeature", "mustUnderstand on Locale is not supported. ")
        self.selectors = {
            node.attrib["Name"]: node.text or "" for node in self.header.iter(f"{{{WSMAN}}}Selector")
        }
        self.options = {node.attrib["Name"]: node.text or "" for node in self.header.iter(f"{{{WSMAN}}}Option")}
        session = self.header.find(f"{{{WSMV}}}SessionId")
        self.session_id = session.text if session is not None else None

    def child(self, name: str, namespace: str = SHELL) -> ElementTree.Element:
        """The one element of the body, which must have this name."""
        if self.payload is None or self.payload.tag != f"{{{namespace}}}{name}":
            raise Malformed(f"the body of {self.operation} is not {name}")
        return self.payload


def decode(text: typing.Optional[str]) -> bytes:
    return base64.b64decode((text or "").strip(), validate=True)


def envelope(action: str, body: str, relates_to: str) -> bytes:
    """An answer as Windows lays it out."""
    return (
        f'<s:Envelope xml:lang="en-US" xmlns:s="{SOAP}" xmlns:a="{WSA}" xmlns:x="{TRANSFER}" xmlns:w="{WSMAN}" '
        f'xmlns:rsp="{SHELL}" xmlns:p="{WSMV}"><s:Header><a:Action>{action}</a:Action>'
        f"<a:MessageID>uuid:{str(uuid.uuid4()).upper()}</a:MessageID>"
        f"<a:To>{WSA}/role/anonymous</a:To><a:RelatesTo>{escape(relates_to)}</a:RelatesTo></s:Header>"
        f"<s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


def fault(error: Fault, relates_to: str) -> bytes:
    body = (
        f"<s:Fault><s:Code><s:Value>{error.value}</s:Value><s:Subcode><s:Value>{error.subcode}</s:Value></s:Subcode>"
        f'</s:Code><s:Reason><s:Text xml:lang="en-US">{escape(error.text)}</s:Text></s:Reason>'
        f'<s:Detail><f:WSManFault xmlns:f="{WSMANFAULT}" Code="{error.code}" Machine="PEER">'
        f"<f:Message>{escape(error.text)}</f:Message></f:WSManFault></s:Detail></s:Fault>"
    )
    return envelope(FAULT_ACTION, body, relates_to)


def identify() -> bytes:
    return (
        f'<s:Envelope xml:lang="en-US" xmlns:s="{SOAP}"><s:Header/><s:Body>'
        f'<wsmid:IdentifyResponse xmlns:wsmid="{IDENTITY}"><wsmid:ProtocolVersion>{WSMAN}</wsmid:ProtocolVersion>'
        "<wsmid:ProductVendor>psrpcore</wsmid:ProductVendor>"
        "<wsmid:ProductVersion>OS: 0.0.0 SP: 0.0 Stack: 3.0</wsmid:ProductVersion></wsmid:IdentifyResponse>"
        "</s:Body></s:Envelope>"
    ).encode()


def created(request: Request, shell_id: str) -> bytes:
    resource = escape(request.resource_uri)
    body = (
        f"<x:ResourceCreated><a:Address>{escape(request.to)}</a:Address><a:ReferenceParameters>"
        f"<w:ResourceURI>{resource}</w:ResourceURI><w:SelectorSet>"
        f'<w:Selector Name="ShellId">{shell_id}</w:Selector></w:SelectorSet></a:ReferenceParameters>'
        f"</x:ResourceCreated><rsp:Shell><rsp:ShellId>{shell_id}</rsp:ShellId>"
        f"<rsp:ResourceUri>{resource}</rsp:ResourceUri><rsp:Owner>PEER\\user</rsp:Owner>"
        "<rsp:ClientIP>127.0.0.1</rsp:ClientIP><rsp:IdleTimeOut>PT7200.000S</rsp:IdleTimeOut>"
        "<rsp:InputStreams>stdin pr</rsp:InputStreams><rsp:OutputStreams>stdout</rsp:OutputStreams>"
        "<rsp:MaxIdleTimeOut>PT2147483.647S</rsp:MaxIdleTimeOut>"
        "<rsp:CompressionMode>NoCompression</rsp:CompressionMode><rsp:ProfileLoaded>Yes</rsp:ProfileLoaded>"
        "<rsp:Encoding>UTF8</rsp:Encoding><rsp:BufferMode>Block</rsp:BufferMode><rsp:State>Connected</rsp:State>"
        "<rsp:ShellRunTime>P0DT0H0M0S</rsp:ShellRunTime><rsp:ShellInactivity>P0DT0H0M0S</rsp:ShellInactivity>"
        "</rsp:Shell>"
    )
    return envelope(f"{TRANSFER}/CreateResponse", body, request.message_id)


def command_response(request: Request, command_id: str) -> bytes:
    body = f"<rsp:CommandResponse><rsp:CommandId>{command_id}</rsp:CommandId></rsp:CommandResponse>"
    return envelope(f"{SHELL}/CommandResponse", body, request.message_id)


def receive_response(
    request: Request,
    chunks: typing.List[bytes],
    command_id: typing.Optional[str],
    state: typing.Optional[str],
) -> bytes:
    command = f" CommandId={quoteattr(command_id)}" if command_id else ""
    body = "".join(
        f'<rsp:Stream Name="stdout"{command}>{base64.b64encode(chunk).decode()}</rsp:Stream>' for chunk in chunks
    )
    if state and command_id:
        code = "<rsp:ExitCode>0</rsp:ExitCode>" if state == "Done" else ""
        body += f'<rsp:CommandState{command} State="{SHELL}/CommandState/{state}">{code}</rsp:CommandState>'
    body = f"<rsp:ReceiveResponse>{body}</rsp:ReceiveResponse>"
    return envelope(f"{SHELL}/ReceiveResponse", body, request.message_id)


def empty_response(request: Request) -> bytes:
    if request.operation == "Delete":
        return envelope(f"{TRANSFER}/DeleteResponse", "", request.message_id)
    return envelope(f"{SHELL}/{request.operation}Response", f"<rsp:{request.operation}Response/>", request.message_id)
