"""Runspace pools and pipelines on psrpcore's server classes, behind the queues that Receive reads."""

import queue
import struct
import threading
import time
import types
import typing
import uuid

import commands
import psrpcore
from psrpcore._events import PSRPEvent
from psrpcore._payload import create_fragment, create_message, unpack_fragment
from psrpcore.types import (
    ErrorCategoryInfo,
    ErrorRecord,
    NETException,
    PSInvocationState,
    PSRPMessageType,
    PSVersion,
    RunspacePoolState,
    add_note_property,
)

_read_pipeline = psrpcore.PowerShell.FromPSObjectForRemoting.__func__  # type: ignore[attr-defined]


def _lenient(cls: typing.Any, value: typing.Any, **kwargs: typing.Any) -> typing.Any:
    """psrpcore wants IsNested beside the pipeline, which clients leave out for servers before 2.2."""
    if not hasattr(value, "IsNested"):
        add_note_property(value, "IsNested", False)
    return _read_pipeline(cls, value, **kwargs)


psrpcore.PowerShell.FromPSObjectForRemoting = classmethod(_lenient)  # type: ignore[assignment]

#: PowerShell's own size: 32768 with the 21 bytes of the fragment's header.
BLOB = 32768 - 21
#: A command that writes faster than the client reads waits from here on.
HIGH_WATER = 2 * 1024 * 1024


class Pool(psrpcore.ServerRunspacePool):
    """psrpcore's pool, which also notes what it was sent, and takes `$null` input (a message without data)."""

    def __init__(self, version: typing.Optional[str] = None) -> None:
        super().__init__(application_private_data={"PSVersionTable": {"PSVersion": PSVersion("5.1.0.0")}})
        if version:
            self.our_capability.protocolversion = PSVersion(version)
        self.heard: typing.List[typing.Dict[str, typing.Any]] = []

    def _process_message(self, message: typing.Any) -> PSRPEvent:
        self.heard.append(
            {
                "type": message.message_type.name,
                "pid": str(message.pipeline_id) if message.pipeline_id else None,
                "object_id": message.object_id,
                "data": message.data.decode("utf-8"),
            }
        )
        if message.message_type == PSRPMessageType.PipelineInput and message.data == b"":
            return PSRPEvent.create(message.message_type, None, message.runspace_pool_id, message.pipeline_id)
        return super()._process_message(message)


class Target:
    """What waits for Receive of the pool or of one command."""

    def __init__(self) -> None:
        self.chunks: typing.List[bytes] = []
        self.waiting = 0
        self.receiving = False
        self.state: typing.Optional[str] = None
        self.gone = False

    def put(self, chunk: bytes) -> None:
        self.chunks.append(chunk)
        self.waiting += len(chunk)


class Shell:
    """One WS-Man shell: a pool, its commands and their targets."""

    def __init__(self, act: str = "", path: str = "") -> None:
        self.act = act
        self.path = path
        self.produced = 0
        version = {"protocol-2.1": "2.1", "protocol-2.2": "2.2"}.get(act)
        self.pool = Pool(version)
        self.changed = threading.Condition(threading.RLock())
        self.target = Target()
        self.commands: typing.Dict[str, Command] = {}
        self.closed = False
        self.stats = {"terminated": 0, "stopped": 0, "commands": 0, "sends": 0, "receives": 0}
        self._object_id = 2**40 if act == "big-ids" else 0

    def open(self, fragments: bytes) -> None:
        with self.changed:
            self.receive(fragments)
            if self.pool.state != RunspacePoolState.Opened:
                raise ValueError("creationXml does not hold SESSION_CAPABILITY and INIT_RUNSPACEPOOL")
            if self.act == "pool-warning":
                record = (
                    '<Obj RefId="0"><TN RefId="0"><T>System.Management.Automation.WarningRecord</T>'
                    "<T>System.Management.Automation.InformationalRecord</T><T>System.Object</T></TN>"
                    "<ToString>old pool</ToString><MS><S N=\"InformationalRecord_Message\">old pool</S>"
                    '<B N="InformationalRecord_SerializeInvocationInfo">false</B></MS></Obj>'
                )
                self._raw(0x00041009, record.encode(), None)
            self.flush()

    def receive(self, fragments: bytes) -> None:
        """Takes whole fragments of the client, on any of the streams."""
        with self.changed:
            self.pool.receive_data(psrpcore.PSRPPayload(fragments, psrpcore.StreamType.default, None))
            while True:
                event = self.pool.next_event()
                if event is None:
                    break
                self._event(event)
            self.flush()

    def _event(self, event: PSRPEvent) -> None:
        if isinstance(event, psrpcore.CreatePipelineEvent):
            self._command_of(event.pipeline_id).run(event.pipeline)
        elif isinstance(event, psrpcore.GetCommandMetadataEvent):
            self._command_of(event.pipeline_id).metadata(event.pipeline)
        elif isinstance(event, psrpcore.PipelineInputEvent):
            self._command_of(event.pipeline_id).inputs.put((event.data,))
        elif isinstance(event, psrpcore.EndOfPipelineInputEvent):
            self._command_of(event.pipeline_id).inputs.put(None)
        elif isinstance(event, psrpcore.PipelineHostResponseEvent):
            self._command_of(event.pipeline_id).answers.put(event)
        elif isinstance(event, psrpcore.GetAvailableRunspacesEvent):
            self.pool.runspace_availability_response(event.ci, self.pool.max_runspaces)
        elif isinstance(event, (psrpcore.SetMaxRunspacesEvent, psrpcore.SetMinRunspacesEvent)):
            self.pool.runspace_availability_response(event.ci, True)
        elif isinstance(event, psrpcore.ResetRunspaceStateEvent):
            self.pool.runspace_availability_response(event.ci, self.pool.max_runspaces == 1)

    def _command_of(self, pid: uuid.UUID) -> "Command":
        return next(command for command in self.commands.values() if command.pid == pid)

    def command(self, command_id: str, first_fragment: bytes) -> "Command":
        """Command: the first fragment of CREATE_PIPELINE names the pipeline."""
        fragment = unpack_fragment(bytearray(first_fragment))
        pid = uuid.UUID(bytes_le=bytes(fragment.data[24:40]))
        with self.changed:
            if self.act == "server-ids":
                command_id = str(uuid.uuid4()).upper()
            command = Command(self, command_id, pid)
            self.commands[command_id] = command
            self.stats["commands"] += 1
            self.receive(first_fragment)
        return command

    def flush(self) -> None:
        """Moves what psrpcore has to say into the targets' queues, cut as the server's mode asks."""
        while True:
            payload = self.pool.data_to_send()
            if payload is None:
                break
            rest = bytearray(payload.data)
            while rest:
                fragment = unpack_fragment(rest)
                del rest[: 21 + len(fragment.data)]
                self._message(fragment.object_id, bytes(fragment.data), payload.pipeline_id)
        self.changed.notify_all()

    def _message(self, object_id: int, message: bytes, pid: typing.Optional[uuid.UUID]) -> None:
        output = struct.unpack("<I", message[4:8])[0] == PSRPMessageType.PipelineOutput.value
        if self.act == "unknown-messages":
            self._raw(0x00041FFF if pid else 0x00021FFF, b"<S>from the future</S>", pid)
        if self.act == "bad-object" and output and b"spoil me" in message:
            message = message[:40] + b"<Obj RefId=\"0\"><MS><I32 N=\"a\">x</I32></MS></Obj>"
        if self.act == "bom" and len(message) > 40:
            message = message[:40] + b"\xef\xbb\xbf" + message[40:]
        self._fragments(object_id, message, pid)

    def _raw(self, number: int, data: bytes, pid: typing.Optional[uuid.UUID]) -> None:
        kind = typing.cast(PSRPMessageType, types.SimpleNamespace(value=number))
        message = create_message(False, kind, data, self.pool.runspace_pool_id, pid)
        self._fragments(self.pool._fragment_counter, message, pid)

    def _fragments(self, object_id: int, message: bytes, pid: typing.Optional[uuid.UUID]) -> None:
        target = self.target if pid is None else self._command_of(pid).target
        if self.act == "big-ids":
            self._object_id += 17
            object_id = self._object_id
        size = 1 if self.act == "one-byte" else BLOB
        for number, start in enumerate(range(0, len(message), size)):
            blob = message[start : start + size]
            skipped = 1 if self.act == "out-of-sequence" and pid is not None and number > 0 else 0
            chunk = create_fragment(object_id, number + skipped, blob, start + size >= len(message))
            if self.act == "cut-anywhere":
                target.put(chunk[:10])
                target.put(chunk[10:])
            else:
                target.put(chunk)

    def take(
        self, target: Target, budget: int, seconds: float
    ) -> typing.Optional[typing.Tuple[typing.List[bytes], typing.Optional[str]]]:
        """What Receive answers: some chunks and the command's state, or None when nothing came in time."""
        deadline = time.monotonic() + seconds
        with self.changed:
            if target.receiving:
                raise ValueError("a second Receive of the same target is in flight")
            target.receiving = True
            self.stats["receives"] += 1
            self.changed.notify_all()
            try:
                while not target.chunks and target.state is None and not target.gone:
                    left = deadline - time.monotonic()
                    if left <= 0:
                        return None
                    self.changed.wait(left)
                taken: typing.List[bytes] = []
                size = 0
                while target.chunks and (not taken or size + len(target.chunks[0]) * 4 // 3 + 120 < budget):
                    chunk = target.chunks.pop(0)
                    target.waiting -= len(chunk)
                    size += len(chunk) * 4 // 3 + 120
                    taken.append(chunk)
                state = target.state
                if state == "Done" and target.chunks:
                    state = None
                elif state == "Pending":
                    target.state = None
                self.changed.notify_all()
                return taken, state
            finally:
                target.receiving = False

    def signal(self, command_id: str, stop: bool) -> None:
        with self.changed:
            command = self.commands[command_id]
            if stop:
                self.stats["stopped"] += 1
                command.stop()
            else:
                self.stats["terminated"] += 1
                self._free(command)
            self.changed.notify_all()

    def _free(self, command: "Command") -> None:
        command.stop()
        command.target.gone = True
        self.pool.pipeline_table.pop(command.pid, None)
        del self.commands[command.id]

    def delete(self) -> None:
        with self.changed:
            self.closed = True
            for command in list(self.commands.values()):
                self._free(command)
            self.pool.begin_close()
            self.pool.close()
            self.target.gone = True
            self.changed.notify_all()


class Stopped(Exception):
    """The pipeline was stopped while its command ran."""


class Command:
    """One pipeline: psrpcore's state, the thread that runs the commands, its input and its host answers."""

    def __init__(self, shell: Shell, command_id: str, pid: uuid.UUID) -> None:
        self.shell = shell
        self.id = command_id
        self.pid = pid
        self.target = Target()
        self.pipeline = psrpcore.ServerPipeline(shell.pool, pid)
        self.inputs: "queue.Queue[typing.Optional[typing.Tuple[typing.Any]]]" = queue.Queue()
        self.answers: "queue.Queue[typing.Any]" = queue.Queue()

    def run(self, description: psrpcore.PowerShell) -> None:
        self.pipeline._change_state(PSInvocationState.Running, emit=False)
        threading.Thread(target=self._run, args=(description,), daemon=True).start()

    def metadata(self, wanted: typing.Any) -> None:
        self.pipeline._change_state(PSInvocationState.Running, emit=False)
        threading.Thread(target=self._metadata, args=(wanted,), daemon=True).start()

    def _metadata(self, wanted: typing.Any) -> None:
        found = commands.metadata(wanted.name)
        for value in found:
            self.output(value)
        self._finish()

    def _run(self, description: psrpcore.PowerShell) -> None:
        try:
            for statement in commands.statements(description):
                for value in commands.pipeline(self, statement):
                    self.output(value)
            self._finish()
        except Stopped:
            pass
        except commands.Terminating as error:
            self._finish(error)

    def _finish(self, error: typing.Optional[commands.Terminating] = None) -> None:
        with self.shell.changed:
            if self.pipeline.state != PSInvocationState.Running:
                return
            if error is None:
                self.pipeline.complete()
            else:
                record = ErrorRecord(
                    Exception=NETException(Message=str(error), HResult=-2146233087),
                    CategoryInfo=ErrorCategoryInfo(Category=error.category, Reason=error.reason),
                    FullyQualifiedErrorId=error.error_id,
                )
                self.pipeline._change_state(PSInvocationState.Failed, error=record)
            self.target.state = "Done"
            self.shell.flush()

    def stop(self) -> None:
        if self.pipeline.state == PSInvocationState.Running:
            self.pipeline.stop()
            self.target.state = "Done"
            self.shell.flush()

    def write(self, action: typing.Callable[[psrpcore.ServerPipeline], None]) -> None:
        """Lets psrpcore write a record, and waits while the client is behind."""
        with self.shell.changed:
            while self.target.waiting > HIGH_WATER and self.pipeline.state == PSInvocationState.Running:
                self.shell.changed.wait()
            if self.pipeline.state != PSInvocationState.Running:
                raise Stopped
            action(self.pipeline)
            self.shell.flush()

    def output(self, value: typing.Any) -> None:
        self.write(lambda pipeline: pipeline.write_output(value))
        self.shell.produced += 1

    def wait(self, seconds: float) -> None:
        """Sleeps, but not after a stop."""
        deadline = time.monotonic() + seconds
        with self.shell.changed:
            while self.pipeline.state == PSInvocationState.Running and time.monotonic() < deadline:
                self.shell.changed.wait(deadline - time.monotonic())
            if self.pipeline.state != PSInvocationState.Running:
                raise Stopped

    def input(self) -> typing.Iterator[typing.Any]:
        while True:
            try:
                item = self.inputs.get(timeout=0.2)
            except queue.Empty:
                if self.pipeline.state != PSInvocationState.Running:
                    raise Stopped from None
                continue
            if item is None:
                return
            yield item[0]

    def host_call(self, method: typing.Any, parameters: typing.List[typing.Any], on_pool: bool) -> typing.Any:
        """A host call; the answer's event, or None for a method that has none."""
        with self.shell.changed:
            if on_pool:
                self.shell.pool.host_call(method, parameters)
            else:
                self.pipeline.host_call(method, parameters)
                self.target.state = None if method.is_void() else "Pending"
            self.shell.flush()
        if method.is_void() or on_pool:
            return None
        while True:
            try:
                return self.answers.get(timeout=0.2)
            except queue.Empty:
                if self.pipeline.state != PSInvocationState.Running:
                    raise Stopped from None
