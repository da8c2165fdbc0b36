# A journal in flash: messages and ids that survive a power cut.
#
# Files in one folder, each under 512 bytes so that littlefs keeps it inside its metadata (one erase per
# ~16 writes instead of one per write):
#   m0, m1, ...  one outgoing message each, written once, before its first PUBLISH
#   p0, p1, ...  the payload of a message too long for its slot
#   a, b         where each exchange stands, and the inbound ids; written in turn, so that one is always whole
# An outgoing QoS 2 message thus costs three writes: its slot, PUBREC, PUBCOMP.
import os
import struct
from binascii import crc32
from errno import ENOBUFS
from micropython import const

from .client import Memory, Message

_RELEASED = const(2)  # as in client.py
_FINISHED = const(3)
_INLINE = const(400)  # bytes of topic and payload that a slot holds
_SPILLED = const(128)


class Journal(Memory):
    def __init__(self, path="/mqtt", slots=8, late=False):
        # late=False: the id of an inbound QoS 2 message is stored before the callback runs: a power cut between the
        # two loses that message. late=True stores it after: the cut delivers it twice.
        super().__init__(slots)
        self.path = path
        self.late = late
        self.marks = []  # per slot: number of its last message << 2 | state
        self.version = 0
        self.number = 0
        try:
            os.mkdir(path)
        except OSError:
            pass
        self._load()

    def _load(self):
        for name in "ab":
            b = self._get(name)
            if len(b) >= 6 and struct.unpack_from("!I", b)[0] > self.version:
                self.version, n = struct.unpack_from("!IB", b)
                self.marks = list(struct.unpack_from("!%dI" % n, b, 5))
                ids = (len(b) - 5 - 4 * n) // 2
                self.inbound = list(struct.unpack_from("!%dH" % ids, b, 5 + 4 * n))
        for name in os.listdir(self.path):
            if name[0] == "m":
                self._load_slot(int(name[1:]))
        self.out.sort(key=lambda m: m.number)

    def _load_slot(self, slot):
        b = self._get("m%d" % slot)
        if len(b) < 10:
            return
        number, pid, head, state, size = struct.unpack_from("!IHBBH", b)
        m = Message(pid, head, b[10 : 10 + size], b[10 + size :], state & 3)
        m.number = number
        m.slot = slot
        if state & _SPILLED:
            m.msg = None
        if number > self.number:
            self.number = number
            self.last_id = pid
        if slot < len(self.marks) and self.marks[slot] >> 2 == number:
            m.state = self.marks[slot] & 3
        if m.state != _FINISHED:
            self.out.append(m)

    def add(self, m):
        used = [o.slot for o in self.out]
        free = [s for s in range(self.slots) if s not in used]
        if not free:
            raise OSError(ENOBUFS)
        m.slot = free[0]
        m.number = self.number + 1
        state = m.state
        msg = m.msg
        if len(m.topic) + len(msg) > _INLINE:
            self._put("p%d" % m.slot, msg)
            m.msg = None
            msg = b""
            state |= _SPILLED
        fields = struct.pack("!IHBBH", m.number, m.pid, m.head, state, len(m.topic))
        self._put("m%d" % m.slot, fields + m.topic + msg)
        self.number = m.number
        self.out.append(m)

    def body(self, m):
        return self._get("p%d" % m.slot) if m.msg is None else m.msg

    def move(self, m, state):
        marks = self.marks + [0] * (m.slot + 1 - len(self.marks))
        marks[m.slot] = m.number << 2 | state
        self._save(marks, self.inbound)
        super().move(m, state)

    def hold(self, pids):
        self._save(self.marks, pids)

    def forget(self, every):
        marks = self.marks + [0] * (self.slots - len(self.marks))
        gone = [m for m in self.out if every or m.state == _RELEASED]
        for m in gone:
            marks[m.slot] = m.number << 2 | _FINISHED
        if gone or self.inbound:
            self._save(marks, [])
        super().forget(every)

    def _save(self, marks, inbound):
        b = struct.pack("!IB", self.version + 1, len(marks))
        b += struct.pack("!%dI" % len(marks), *marks) + struct.pack("!%dH" % len(inbound), *inbound)
        self._put("ab"[self.version & 1], b)
        self.version += 1
        self.marks = marks
        self.inbound = inbound

    def _put(self, name, b):
        with open(self.path + "/" + name, "wb") as f:
            f.write(b)
            f.write(struct.pack("!I", crc32(b)))

    def _get(self, name):
        # Empty where the file is missing or torn.
        try:
            with open(self.path + "/" + name, "rb") as f:
                size = f.seek(0, 2) - 4
                f.seek(0)
                b = f.read(max(size, 0))
                return b if f.read() == struct.pack("!I", crc32(b)) else b""
        except OSError:
            return b""
