# MQTT 5.0, where it pays on a board: the session is kept as long as asked for, neither side is sent more than it can hold, refusals
# have a reason. No topic aliases, no enhanced authentication.
#
# The properties of an outgoing message are stored in front of its payload, so that the journal needs to know nothing of them.
import struct

from .client import MQTTClient, MQTTException, _bytes, _fail, _field, _is_topic

FOREVER = 0xFFFFFFFF
TOO_LARGE = 0x95  # told of a message above the broker's Maximum Packet Size


def _varint(n):
    b = b""
    while n > 127:
        b += bytes((n & 127 | 128,))
        n >>= 7
    return b + bytes((n,))


def block(properties):
    # {id: value} as on the wire; 0x26, User Property, has a list of pairs.
    b = b""
    for key, value in properties.items():
        if key == 0x26:
            for name, text in value:
                b += b"\x26" + _field(name) + _field(text)
        elif key in b"\x02\x11\x18\x27":
            b += struct.pack("!BI", key, value)
        elif key in b"\x21\x22\x23\x13":
            b += struct.pack("!BH", key, value)
        elif key in b"\x01\x17\x19":
            b += bytes((key, value))
        elif key == 0x0B:
            b += b"\x0b" + _varint(value)
        else:
            b += bytes((key,)) + _field(value)
    return _varint(len(b)) + b


# Properties that a packet from the broker may have. A topic alias is none of them: we allow no such.
_CONNACK = b"\x11\x12\x13\x15\x16\x1a\x1c\x1f\x21\x22\x24\x25\x26\x27\x28\x29\x2a"
_PUBLISH = b"\x01\x02\x03\x08\x09\x0b\x26"
_ACK = b"\x1f\x26"
_DISCONNECT = b"\x1c\x1f\x26"


def parsed(b, allowed):
    # The other way round. Raises OSError where it is malformed.
    found = {}
    at = 0
    try:
        while at < len(b):
            key = b[at]
            at += 1
            if key not in allowed:
                _fail()
            if key in b"\x02\x11\x18\x27":
                value = struct.unpack_from("!I", b, at)[0]
                at += 4
            elif key in b"\x21\x22\x23\x13":
                value = struct.unpack_from("!H", b, at)[0]
                at += 2
            elif key in b"\x01\x17\x19\x24\x25\x28\x29\x2a":
                value = b[at]
                at += 1
                if value > 1:
                    _fail()
            elif key == 0x0B:
                value = shift = 0
                while True:
                    value |= (b[at] & 127) << shift
                    shift += 7
                    at += 1
                    if b[at - 1] < 128:
                        break
                if not value:
                    _fail()
            else:
                parts = []
                for _ in range(2 if key == 0x26 else 1):
                    n = struct.unpack_from("!H", b, at)[0]
                    part = b[at + 2 : at + 2 + n]
                    at += 2 + n
                    if at > len(b) or n and key not in (0x09, 0x16) and not _is_topic(part, "\0"):
                        _fail()
                    parts.append(part)
                value = tuple(parts) if key == 0x26 else parts[0]
            if key == 0x26:
                found.setdefault(key, []).append(value)
            elif key in found and key != 0x0B:
                _fail()
            else:
                found[key] = value
    except (IndexError, ValueError):
        _fail()
    return found


class MQTT5Client(MQTTClient):
    # `properties` are those of the message that is handed to the callback.
    none = b"\0"

    def __init__(self, *args, session_expiry=FOREVER, receive_maximum=16, **options):
        super().__init__(*args, **options)
        self.session_expiry = session_expiry  # seconds that the broker keeps the session without a connection
        self.receive_maximum = receive_maximum
        self.connect_properties = {}
        self.granted = {}  # properties of CONNACK
        self.reason = None  # code of the DISCONNECT that ended the last connection
        self._alive = self.keepalive

    def set_last_will(self, topic, msg, retain=False, qos=0, properties=None):
        super().set_last_will(topic, msg, retain, qos)
        if properties:
            self.will = block(properties) + self.will[1:]

    def publish(self, topic, msg, retain=False, qos=0, wait=True, properties=None):
        msg = _bytes(msg)
        if qos > self.granted.get(0x24, 2) or retain and not self.granted.get(0x25, 1):
            raise ValueError("the broker has no such QoS, or no retained messages")
        head = block(properties or {})
        if len(topic) + len(head) + len(msg) + 10 > self.granted.get(0x27, FOREVER):
            raise ValueError("too large for the broker")
        return super().publish(topic, head + msg, retain, qos, wait)

    def subscribe(self, topic, qos=0, wait=True, properties=None):
        # `qos`: with the options of 5.0, such as 2 | 4 for No Local. `properties` are not asked for again where the session is lost.
        self.none = block(properties or {})
        try:
            pid = super().subscribe(topic, qos, False)
        finally:
            self.none = b"\0"
        code = self._wait(pid, wait)
        if code >= 0x80:
            raise MQTTException(code)
        return pid

    def disconnect(self, code=0, properties=None):
        tail = bytes((code,)) + block(properties) if properties else bytes((code,)) if code else b""
        self._send(0xE0, tail)
        self.close()

    def _greeting(self, flags, clean):
        self.reason = None
        self._clean = clean
        given = {0x11: 0 if clean else self.session_expiry, 0x21: self.receive_maximum, 0x27: self.max_packet}
        given.update(self.connect_properties)
        return _field("MQTT") + struct.pack("!BBH", 5, flags, self._alive) + block(given)

    def _block(self, n):
        # Reads a length and as many bytes of properties; returns them and what they took of n.
        size = shift = took = 0
        while True:
            b = self._read(1)[0]
            size |= (b & 127) << shift
            shift += 7
            took += 1
            if b < 128:
                break
            if shift > 21:
                _fail()
        if took + size > n:
            _fail()
        return self._read(size), took + size

    def _granted(self, n, code):
        b, took = self._block(n)
        if took != n:
            _fail()
        self.granted = g = parsed(b, _CONNACK)
        if not g.get(0x21, 1) or not g.get(0x27, 1):
            _fail()
        self.window = g.get(0x21, 65535)
        self.keepalive = g.get(0x13, self._alive)
        if 0x12 in g:
            self.client_id = g[0x12]

    def _resume(self, present):
        store = self.store
        if present and (self._clean or not store.known):
            _fail()  # a session that we have not
        if not present:
            # It is gone, and with it all that was under way in it: what was not released is published anew.
            for m in store.out:
                if m.state == 1:
                    store.move(m, 0)
        if not (self._clean or store.known):
            store.keep_subs(False)
        most = self.granted.get(0x27, FOREVER)
        large = []
        for m in store.out[:]:
            msg = m.state < 2 and store.body(m)
            if msg and len(m.topic) + len(msg) + 10 > most:
                self.drop(m.pid)
                large.append(m.pid)
        try:
            super()._resume(present)
        finally:
            self._tell(large, TOO_LARGE)

    def _code_of(self, head, n):
        if head & 0xF0 in b"\x90\xb0":
            b, took = self._block(n)
            parsed(b, _ACK)
            code = self._read(1)[0]
            if took + 1 != n or head == 0x90 and 2 < code < 0x80:
                _fail()
            return code
        if not n:
            return 0
        code = self._read(1)[0]
        if head == 0x62 and code not in (0, 0x92):
            _fail()
        if n > 1:
            b, took = self._block(n - 1)
            parsed(b, _DISCONNECT if head == 0xE0 else _ACK)
            if took + 1 != n:
                _fail()
        return code

    def _properties(self, n):
        b, took = self._block(n)
        return took, parsed(b, _PUBLISH)

    def _other(self, head, n):
        if head != 0xE0:
            _fail()
        self.reason = self._code_of(head, n)
        raise OSError(104)  # ECONNRESET
