"""Makes ../psrpcore.oop.jsonl: psrpcore's client and server talk to each other, packet by packet.

It holds the messages of both roles as an implementation that is not ours writes them, also those that neither our client
nor our lab sends over WS-Management yet (Connect). Run it with the Python of the tests:

    .venv/bin/python protocol-fixtures/make/psrpcore_packets.py
"""

import base64
import datetime
import json
import pathlib
import sys
import types
import typing
import uuid

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/python"))

import commands  # noqa: E402
import psrpcore  # noqa: E402
from psrpcore._payload import create_message  # noqa: E402
from psrpcore.types import (  # noqa: E402
    CommandOrigin,
    Coordinates,
    ErrorCategory,
    ErrorCategoryInfo,
    ErrorRecord,
    FieldDescription,
    HostInfo,
    HostMethodIdentifier,
    InvocationInfo,
    NETException,
    PSDict,
    PSInt,
    PSInvocationState,
    PSList,
    PSRPMessageType,
    PSSecureString,
    PSString,
    PSVersion,
    RunspacePoolState,
)

OUT = ROOT / "protocol-fixtures/psrpcore.oop.jsonl"
NIL = "00000000-0000-0000-0000-000000000000"
POOL = uuid.UUID("5b2d3f0e-7c1a-4d7e-9a55-0f0e0d0c0b0a")


class Wire:
    """Carries packets between two pools and writes them down."""

    def __init__(self, client: psrpcore.ClientRunspacePool, server: psrpcore.ServerRunspacePool) -> None:
        self.client = client
        self.server = server
        self.lines: typing.List[typing.Dict[str, typing.Any]] = []
        self.events: typing.List[typing.Any] = []

    def note(self, sender: str, element: str, psguid: str, **more: str) -> None:
        self.lines.append(
            {"seq": len(self.lines), "from": sender, "element": element, **more, "psguid": psguid}
        )

    def data(self, sender: str, pid: typing.Optional[uuid.UUID], stream: str, fragments: bytes) -> None:
        psguid = str(pid) if pid else NIL
        self.note(sender, "Data", psguid, stream=stream, data=base64.b64encode(fragments).decode())
        if sender == "client":
            self.note("server", "DataAck", psguid)

    def flow(self) -> None:
        """Lets everything that waits on either side arrive."""
        moved = True
        while moved:
            moved = False
            for sender, source, sink in (
                ("client", self.client, self.server),
                ("server", self.server, self.client),
            ):
                while True:
                    # Small fragments, so that messages come in several.
                    payload = source.data_to_send(4000)
                    if payload is None:
                        break
                    moved = True
                    prompt = sender == "client" and payload.stream_type == psrpcore.StreamType.prompt_response
                    self.data(sender, payload.pipeline_id, "PromptResponse" if prompt else "Default", payload.data)
                    sink.receive_data(payload)
                while True:
                    event = sink.next_event()
                    if event is None:
                        break
                    self.events.append(event)

    def raw(self, sender: str, number: int, data: bytes, pid: typing.Optional[uuid.UUID]) -> None:
        """A message of a type that psrpcore does not know."""
        source = self.client if sender == "client" else self.server
        kind = typing.cast(PSRPMessageType, types.SimpleNamespace(value=number))
        message = create_message(sender == "client", kind, data, POOL, pid)
        fragment = psrpcore._payload.create_fragment(source._fragment_counter, 0, message)
        self.data(sender, pid, "Default", fragment)

    def answer(self, value: typing.Any = None, error: typing.Any = None) -> None:
        """The client answers the host call that it heard last."""
        call = next(event for event in reversed(self.events) if hasattr(event, "method_identifier"))
        self.client.host_response(call.ci, return_value=value, error_record=error)
        self.flow()


def pipeline(wire: Wire, powershell: typing.Any) -> psrpcore.ServerPipeline:
    """Starts a pipeline of the client and gives the server's end of it."""
    server = psrpcore.ServerPipeline(wire.server, powershell.pipeline_id)
    wire.note("client", "Command", str(powershell.pipeline_id))
    wire.note("server", "CommandAck", str(powershell.pipeline_id))
    powershell.start()
    wire.flow()
    server._change_state(PSInvocationState.Running, emit=False)
    return server


def finish(wire: Wire, server: psrpcore.ServerPipeline) -> None:
    if server.state == PSInvocationState.Running:
        server.complete()
    wire.flow()
    server.close()
    wire.client.pipeline_table.pop(server.pipeline_id, None)
    wire.note("client", "Close", str(server.pipeline_id))
    wire.note("server", "CloseAck", str(server.pipeline_id))


class Writer:
    """What the commands of the endpoint expect of their context."""

    def __init__(self, wire: Wire, server: psrpcore.ServerPipeline) -> None:
        self.wire = wire
        self.server = server

    def write(self, action: typing.Callable[[psrpcore.ServerPipeline], None]) -> None:
        action(self.server)
        self.wire.flow()


def main() -> None:
    client = psrpcore.ClientRunspacePool(
        application_arguments=PSDict({"PSVersionTable": PSDict({"PSVersion": PSVersion("2.0")})}),
        host=HostInfo(),
        max_runspaces=2,
        runspace_pool_id=POOL,
    )
    server = psrpcore.ServerRunspacePool({"PSVersionTable": {"PSVersion": PSVersion("5.1.1.2")}})
    wire = Wire(client, server)
    client.open()
    wire.flow()
    assert client.state == RunspacePoolState.Opened

    # The pool's own requests.
    for request in (
        lambda: client.set_max_runspaces(5),
        lambda: client.set_min_runspaces(2),
        client.get_available_runspaces,
        client.reset_runspace_state,
    ):
        ci = request()
        wire.flow()
        server.runspace_availability_response(ci, 5 if request == client.get_available_runspaces else True)
        wire.flow()

    # A session key, as servers before 2.2 ask for it.
    server.request_key()
    wire.flow()
    client.exchange_key()
    wire.flow()

    # Input, secrets and every value.
    shell = psrpcore.ClientPowerShell(client, no_input=False, pipeline_id=uuid.UUID(int=0x101))
    shell.add_command("Get-Values").add_parameters(Text="t", Secret=PSSecureString("s3cret")).add_argument(PSInt(5))
    shell.add_command("Out-Default")
    shell.metadata.commands[0].redirect_error(psrpcore.types.PipelineResultTypes.Output)
    ours = pipeline(wire, shell)
    shell.send(PSInt(1))
    shell.send(PSString("two"))
    shell.send(PSSecureString("three"))
    shell.send_eof()
    wire.flow()
    for value in commands.get_values(None, {}, iter(()), None):
        ours.write_output(value)
    ours.write_output(PSSecureString("back"))
    ours.write_output(None)
    finish(wire, ours)

    # Every stream, with and without invocation information, and a stop.
    shell = psrpcore.ClientPowerShell(client, pipeline_id=uuid.UUID(int=0x102))
    shell.add_script("write everything").add_statement().add_command("Second")
    ours = pipeline(wire, shell)
    for value in commands.write_streams(Writer(wire, ours), {}, iter(()), None):
        ours.write_output(value)
    invocation = InvocationInfo(
        BoundParameters={"Name": "x"},
        CommandOrigin=CommandOrigin.Internal,
        ExpectingInput=False,
        HistoryId=1,
        InvocationName="Second",
        Line="Second -Name x",
        OffsetInLine=1,
        PipelineLength=1,
        PipelinePosition=1,
        PositionMessage="At line:1 char:1",
        ScriptLineNumber=1,
        UnboundArguments=["y"],
    )
    ours.write_warning("with invocation", invocation_info=invocation, pipeline_iteration_info=[0, 1])
    ours.write_verbose("with invocation", invocation_info=invocation, pipeline_iteration_info=[0, 1])
    ours.write_debug("with invocation", invocation_info=invocation, pipeline_iteration_info=[0, 1])
    ours.write_error(
        NETException(Message="outer", InnerException=NETException(Message="inner"), HResult=-1),
        ErrorCategoryInfo(Category=ErrorCategory.WriteError, Activity="Second"),
        target_object=PSDict({"key": PSInt(1)}),
        fully_qualified_error_id="Outer,Second",
        invocation_info=invocation,
        pipeline_iteration_info=[0, 1],
    )
    wire.flow()
    wire.note("client", "Signal", str(shell.pipeline_id))
    ours.stop()
    wire.flow()
    wire.note("server", "SignalAck", str(shell.pipeline_id))
    finish(wire, ours)

    # A pipeline that fails.
    shell = psrpcore.ClientPowerShell(client, pipeline_id=uuid.UUID(int=0x103))
    shell.add_command("Broken")
    ours = pipeline(wire, shell)
    ours._change_state(
        PSInvocationState.Failed,
        error=ErrorRecord(
            Exception=NETException(Message="not known"),
            CategoryInfo=ErrorCategoryInfo(Category=ErrorCategory.ObjectNotFound),
            FullyQualifiedErrorId="CommandNotFoundException",
        ),
    )
    finish(wire, ours)

    # Host calls of pipeline and pool, with and without an answer, answered and refused.
    shell = psrpcore.ClientPowerShell(client, pipeline_id=uuid.UUID(int=0x104), host=HostInfo())
    shell.add_command("Ask")
    ours = pipeline(wire, shell)
    ours.host_call(HostMethodIdentifier.WriteLine2, [PSString("shown")])
    ours.host_call(HostMethodIdentifier.SetCursorPosition, [Coordinates(X=3, Y=4)])
    wire.flow()
    ours.host_call(HostMethodIdentifier.ReadLine)
    wire.flow()
    wire.answer(PSString("typed"))
    ours.host_call(
        HostMethodIdentifier.Prompt,
        [PSString("caption"), PSString("message"), PSList([FieldDescription(Name="Age", ParameterTypeName="Int32")])],
    )
    wire.flow()
    wire.answer(PSDict({"Age": PSInt(5)}))
    server.host_call(HostMethodIdentifier.GetWindowTitle)
    wire.flow()
    wire.answer(
        error=ErrorRecord(
            Exception=NETException(Message="no host here"),
            CategoryInfo=ErrorCategoryInfo(Category=ErrorCategory.NotImplemented),
            FullyQualifiedErrorId="NotImplemented",
        )
    )
    finish(wire, ours)

    # Metadata, an event, and types that nobody has heard of.
    metadata = psrpcore.ClientGetCommandMetadata(client, "Get-*", pipeline_id=uuid.UUID(int=0x105))
    ours = pipeline(wire, metadata)
    for value in commands.metadata(["get-users", "get-blob"]):
        ours.write_output(value)
    finish(wire, ours)
    server.send_event(
        1,
        "Fixture.Event",
        sender=PSString("sender"),
        source_args=[PSInt(1), PSString("two")],
        message_data=PSDict({"k": PSString("v")}),
        time_generated=psrpcore.types.PSDateTime(2026, 11, 21, tzinfo=datetime.timezone.utc),
        computer="fixture",
    )
    wire.flow()
    wire.raw("server", 0x00021FFF, b"<S>of the pool</S>", None)
    wire.raw("server", 0x00041FFF, b"<S>of a pipeline</S>", uuid.UUID(int=0x105))
    # Known by number alone: they exist in PowerShell's enumeration and never travel over WS-Management.
    wire.raw("client", 0x00041012, b"", uuid.UUID(int=0x105))
    wire.raw("client", 0x00010003, b"", None)

    # Another client takes the pool over.
    server.disconnect()
    server.connect()
    wire.client = psrpcore.ClientRunspacePool(runspace_pool_id=POOL)
    wire.client.connect()
    wire.flow()

    wire.note("client", "Close", NIL)
    server.begin_close()
    server.close()
    wire.flow()
    wire.note("server", "CloseAck", NIL)

    with OUT.open("w", encoding="utf-8") as file:
        for line in wire.lines:
            file.write(json.dumps(line) + "\n")
    print(f"{OUT.relative_to(ROOT)}: {len(wire.lines)} packets")


if __name__ == "__main__":
    main()
