# A journal in flash: messages and ids that survive a power cut.
#
# Files in one folder, each under 512 bytes so that littlefs keeps it inside its metadata (one erase per
# ~16 writes instead of one per write):
#   m0, m1, ...  one outgoing message each, written once, before its first PUBLISH
#   a, b         where each exchange stands, and the inbound ids; written in turn, so that one is always whole
#   s            the subscriptions that were granted, written when they change
# An outgoing QoS 2 message thus costs three writes: its slot, PUBREC, PUBCOMP.
import os
import struct
from binascii import crc32
from errno import ENOBUFS
from micropython import const

from .client import Memory, Message

_RELEASED = const(2)  # as in client.py
_FINISHED = const(3)
_TRIES = const(15)  # at most
_NUMBER = const(0x3FFFFFF)  # the bits of a message's number in a mark
_WHOLE = const(0x2144DF1C)  # CRC of anything with its own CRC behind it

_opened = {}  # by folder, how often it was opened: two that write to one folder would spoil each other's messages


class Journal(Memory):
    def __init__(self, path="/mqtt", slots=8, late=False):
        # late=False: the id of an inbound QoS 2 message is stored before the callback runs: a power cut between the
        # two loses that message. late=True stores it after: the cut delivers it twice.
        # A folder belongs to the Journal that opened it last; an older one raises ValueError where it would write.
        super().__init__(slots)
        path = path.rstrip("/")
        self.path = path
        self.turn = _opened[path] = _opened.get(path, 0) + 1
        self.late = late
        self.marks = []  # per slot: number of its last message << 6 | tries << 2 | state
        self.version = 0
        self.number = 0
        self.torn = 0
        try:
            os.mkdir(path)
        except OSError:
            pass
        for name in "ab":
            b = self._get(name)
            if b:
                n = b[4]
                version, _, *rest = struct.unpack("!IB%dI%dH" % (n, (len(b) - 9) // 2 - 2 * n), b)
                if version > self.version:
                    self.version = version
                    self.marks = rest[:n]
                    self.inbound = []
                    for i in range(n, len(rest), 2):
                        self.inbound += range(rest[i], rest[i] + rest[i + 1])
        b = self._get("s")
        at = 1
        while at < len(b) - 4:
            qos, n = struct.unpack_from("!BH", b, at)
            self.subs[b[at + 3 : at + 3 + n]] = qos
            at += 3 + n
        self.unsure = bool(b and b[0])
        self.known = bool(b)
        for name in os.listdir(path):
            if name[0] == "m":
                self._load(name)
        self.out.sort(key=lambda m: m.number)
        self.last_id = (self.last_id + self.torn) % 65535

    def _load(self, name):
        b = self._get(name)
        if not b:
            # Torn, and with it the id of a message that may be on its way: pass over any that it can have.
            self.torn = 1024
            return
        number, pid, head, state, size = struct.unpack_from("!IHBBH", b)
        m = Message(pid, head, b[10 : 10 + size], None, state)
        m.number = number
        m.slot = slot = int(name[1:])
        if number > self.number:
            self.number = number
            self.last_id = pid
        if slot < len(self.marks) and self.marks[slot] >> 6 == number & _NUMBER:
            m.state = self.marks[slot] & 3
            m.tries = self.marks[slot] >> 2 & 15
        if m.state != _FINISHED:
            self.out.append(m)

    def add(self, m):
        free = set(range(self.slots))
        for other in self.out:
            free.discard(other.slot)
        if not free:
            raise OSError(ENOBUFS)
        m.slot = free.pop()
        m.number = self.number = self.number + 1
        fields = struct.pack("!IHBBH", m.number, m.pid, m.head, m.state, len(m.topic))
        self._put("m%d" % m.slot, fields + m.topic, m.msg)
        m.msg = None  # from now on in flash alone
        self.out.append(m)

    def body(self, m):
        b = self._get("m%d" % m.slot)
        return memoryview(b)[10 + len(m.topic) : -4] if b else None

    def move(self, m, state):
        self._mark(m, state, 0)
        super().move(m, state)

    def blame(self, m):
        self._mark(m, m.state, min(m.tries + 1, _TRIES))
        super().blame(m)

    def _mark(self, m, state, tries):
        marks = self.marks + [0] * (m.slot + 1 - len(self.marks))
        marks[m.slot] = (m.number & _NUMBER) << 6 | tries << 2 | state
        self._save(marks, self.inbound)

    def hold(self, pids):
        self._save(self.marks, pids)

    def keep_subs(self, unsure):
        super().keep_subs(unsure)
        b = bytes((unsure,))
        for topic, qos in self.subs.items():
            b += struct.pack("!BH", qos, len(topic)) + topic
        try:
            self._put("s", b)
        except OSError:  # a full flash ends no connection: they are known until the next boot
            pass

    def _save(self, marks, inbound):
        # The ids as runs, first and length: brokers count them up, and a burst of hundreds must not outgrow the metadata.
        runs = []
        for pid in inbound:
            if runs and pid == runs[-2] + runs[-1]:
                runs[-1] += 1
            else:
                runs += (pid, 1)
        n = len(marks)
        b = struct.pack("!IB%dI%dH" % (n, len(runs)), self.version + 1, n, *(marks + runs))
        self._put("ab"[self.version & 1], b)
        self.version += 1
        self.marks = marks
        self.inbound = inbound

    def _put(self, name, b, tail=b""):
        if _opened[self.path] != self.turn:
            raise ValueError("opened twice")
        with open(self.path + "/" + name, "wb") as f:
            f.write(b)
            f.write(tail)
            f.write(struct.pack("<I", crc32(tail, crc32(b))))

    def _get(self, name):
        # With its CRC; empty where the file is missing or torn.
        try:
            with open(self.path + "/" + name, "rb") as f:
                b = f.read()
        except OSError:
            return b""
        return b if crc32(b) == _WHOLE else b""
