"""The wire between a guest and Muster: frames over one socket, apart from the streams that tests write to.

A frame is two lengths in 4 bytes each, big-endian, then a header (a JSON object, ASCII, its `kind` first) and a body
that only guests read (`marshal`: the values that execnet carries too, so tuples stay tuples). This text is put before
that of the guest which uses it; Python 3.9 syntax, standard library only.
"""

import fcntl
import json
import marshal
import os
import select
import socket
import struct

_LENGTHS = struct.Struct(">II")
# Names bound here stay what they are while a test replaces those of the modules.
_dumps, _loads, _pack, _unpack = json.dumps, json.loads, _LENGTHS.pack, _LENGTHS.unpack
_write, _read, _own_pid, _poller = os.write, os.read, os.getpid, select.poll
# Above what code closes that "closes everything" by a guess, below the usual limit of 1024.
_HIGH_DESCRIPTOR = 300


class Channel:
    """One end of the wire. A forked child of this process that comes by writes nothing."""

    def __init__(self, descriptor):
        self.descriptor = _moved_up(descriptor)
        self.pid = _own_pid()
        self.poll = _poller()
        self.poll.register(self.descriptor, select.POLLIN)

    def send(self, kind, body=None, **values):
        """Sends one frame; does nothing in a forked child."""
        if _own_pid() != self.pid:
            return
        values["kind"] = kind
        head = _dumps(values).encode("ascii")
        tail = b"" if body is None else packed(body)
        frame = memoryview(_pack(len(head), len(tail)) + head + tail)
        while frame:
            frame = frame[_write(self.descriptor, frame) :]

    def receive(self):
        """The next header and body, or (None, None) where the other end is gone."""
        lengths = self._exactly(_LENGTHS.size)
        if lengths is None:
            return None, None
        head_length, body_length = _unpack(lengths)
        head = self._exactly(head_length)
        body = self._exactly(body_length)
        if head is None or body is None:
            return None, None
        return _loads(head), marshal.loads(body) if body else None

    def lend(self, descriptors):
        """Gives the other end copies of `descriptors`, beside a frame of the kind `lent`."""
        head = _dumps({"kind": "lent"}).encode("ascii")
        with socket.socket(fileno=os.dup(self.descriptor)) as end:
            socket.send_fds(end, [_pack(len(head), 0) + head], descriptors)

    def has_message(self):
        """Whether `receive` would return at once."""
        return bool(self.poll.poll(0))

    def _exactly(self, size):
        chunks = []
        while size:
            try:
                chunk = _read(self.descriptor, min(size, 1 << 20))
            except OSError:
                return None
            if not chunk:
                return None
            chunks.append(chunk)
            size -= len(chunk)
        return b"".join(chunks)


def packed(value):
    """`value` as bytes; what marshal does not know is spelled out."""
    try:
        return marshal.dumps(value)
    except ValueError:
        return marshal.dumps(_plain(value, 0))


def _plain(value, depth):
    if depth > 200:
        return "..."
    for kind in (bool, int, float, str, bytes):
        if isinstance(value, kind):
            return value if type(value) is kind else kind(value)
    if value is None:
        return None
    if isinstance(value, dict):
        return {_plain(key, depth + 1): _plain(element, depth + 1) for key, element in value.items()}
    if isinstance(value, (list, set, frozenset)):
        return [_plain(element, depth + 1) for element in value]
    if isinstance(value, tuple):
        return tuple(_plain(element, depth + 1) for element in value)
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    return text_of(value)


def text_of(value):
    """`str(value)`, or what can be said where that fails."""
    try:
        return str(value)
    except Exception as error:
        return "<unprintable {}: {}>".format(type(value).__name__, type(error).__name__)


def _moved_up(descriptor):
    try:
        moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, _HIGH_DESCRIPTOR)
    except OSError:  # the limit is lower
        os.set_inheritable(descriptor, False)
        return descriptor
    os.close(descriptor)
    return moved
