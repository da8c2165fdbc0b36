# MQTT 3.1.1 client: umqtt.simple's interface, with QoS 2 in both directions.
#
# Any OSError means that the connection is closed: call connect() again. What is in flight then goes out
# once more by itself, so do not publish it again. Two exceptions: ENOBUFS (journal full) and 28 (flash full) from publish()
# mean that the message was not taken.
import errno
import select
import socket
import struct
from micropython import const
from time import ticks_diff, ticks_ms

# How far an outgoing message has come.
_QUEUED = const(0)  # never sent
_SENT = const(1)  # PUBLISH went out, or may have
_RELEASED = const(2)  # PUBREC came: from now on only PUBREL may be sent
_FINISHED = const(3)

_LONG = const(1 << 28)  # ms: until something comes


class MQTTException(Exception):
    pass


class Message:
    def __init__(self, pid, head, topic, msg, state):
        self.pid = pid
        self.head = head  # first byte of PUBLISH, DUP 0
        self.topic = topic
        self.msg = msg
        self.state = state
        self.at = 0  # ticks of the last packet sent for it


class Memory:
    # What outlives a connection, kept in RAM. Journal keeps it in flash too.
    late = False  # True: the id of an inbound QoS 2 message is stored after the callback

    def __init__(self, slots=8):
        self.slots = slots
        self.out = []  # messages in the order of publish()
        self.inbound = []  # ids of QoS 2 messages received, PUBREL still to come
        self.last_id = 0

    def find(self, pid):
        for m in self.out:
            if m.pid == pid:
                return m

    def add(self, m):
        if len(self.out) >= self.slots:
            raise OSError(errno.ENOBUFS)
        self.out.append(m)

    def body(self, m):
        return m.msg

    def move(self, m, state):
        m.state = state
        if state >= _RELEASED:
            m.msg = None
        if state == _FINISHED:
            self.out.remove(m)

    def hold(self, pids):
        self.inbound = pids

    def forget(self, every):
        # The session is gone: so are ids that only it gave a meaning. `every`: unsent messages too.
        for m in self.out[:]:
            if every or m.state == _RELEASED:
                self.move(m, _FINISHED)
        if self.inbound:
            self.hold([])


def _fail(code=errno.EINVAL):
    raise OSError(code)


def _bytes(s):
    return s.encode() if isinstance(s, str) else s


def _field(s):
    s = _bytes(s)
    if len(s) > 65535:
        raise ValueError("too long")
    return struct.pack("!H", len(s)) + s


def _is_topic(b):
    # UTF-8 without wildcards and NUL. decode() alone lets surrogates and overlong forms pass.
    size = 0
    try:
        for c in b.decode():
            if c in "#+\0":
                return False
            c = ord(c)
            if c >> 11 == 0x1B or c > 0x10FFFF:
                return False
            size += 1 + (c > 0x7F) + (c > 0x7FF) + (c > 0xFFFF)
    except UnicodeError:
        pass
    return size == len(b)


class MQTTClient:
    def __init__(
        self,
        client_id,
        server,
        port=0,
        user=None,
        password=None,
        keepalive=0,
        ssl=None,
        ssl_params={},
        journal=None,
        ack_timeout=10,
        max_packet=8192,
        sock=None,
    ):
        self.client_id = client_id
        self.server = server
        self.port = port or (8883 if ssl else 1883)
        self.user = user
        self.pswd = password
        self.keepalive = keepalive
        self.ssl = ssl
        self.ssl_params = ssl_params
        self.ack_timeout = ack_timeout  # seconds
        self.max_packet = max_packet  # bytes; a longer inbound packet is read past and counted
        self.store = journal or Memory()
        self.durable = journal is not None
        self.dial = sock  # function that returns a connected stream, for other links than TCP
        self.sock = None
        self.cb = None
        self.done = None
        self.will = b""
        self.will_flags = 0
        self.subs = {}
        self.op = 0  # first byte of the message handed to the callback: QoS, retain, DUP
        self.oversized = 0
        self._in_cb = False
        self._open = {}  # SUBSCRIBE, UNSUBSCRIBE and, as 0, PINGREQ in flight: first byte of the answer, ticks
        self._awaited = 0  # id of the exchange whose end someone waits for
        self._code = 0

    def set_callback(self, f):
        # f(topic, msg), both bytes. Without it, messages are acknowledged and dropped.
        self.cb = f

    def set_done_callback(self, f):
        # f(id, code) for each request that nobody waited for; code 0, or that of SUBACK.
        self.done = f

    def set_last_will(self, topic, msg, retain=False, qos=0):
        if not topic or not 0 <= qos <= 2:
            raise ValueError("will")
        self.will = _field(topic) + _field(msg)
        self.will_flags = 4 | qos << 3 | bool(retain) << 5

    def connect(self, clean_session=None, timeout=None):
        # Without an argument: a session that is kept where there is a journal, else a clean one.
        # Returns Session Present.
        self.close()
        if clean_session is None:
            clean_session = not self.durable
        if clean_session:
            self.store.forget(True)
        self._awaited = 0
        try:
            present = self._dial(clean_session, timeout or self.ack_timeout)
            if not present:
                self.store.forget(False)
            for m in self.store.out[:]:
                dup = 8
                msg = self.store.body(m)
                if msg is None and m.state != _RELEASED:
                    # A cell of the flash failed under it: it is lost, and nothing may go out in its place.
                    self.store.move(m, _FINISHED)
                    continue
                if m.state == _QUEUED:
                    self.store.move(m, _SENT)
                    dup = 0
                self._transmit(m, dup, msg)
            if not present:
                for topic, qos in self.subs.items():
                    self.subscribe(topic, qos, False)
        except BaseException:  # a certificate that is refused is a ValueError
            self.close()
            raise
        return present

    def _dial(self, clean_session, timeout):
        # Opens the stream, sends CONNECT and reads CONNACK. Returns Session Present.
        if self.dial:
            self.sock = self.dial()
        else:
            self.sock = s = socket.socket()
            s.settimeout(timeout)
            s.connect(socket.getaddrinfo(self.server, self.port)[0][-1])
            if self.ssl is True:
                import ssl

                self.sock = ssl.wrap_socket(s, **self.ssl_params)
            elif self.ssl:
                self.sock = self.ssl.wrap_socket(s, server_hostname=self.server)
        self._poll = select.poll()
        self._poll.register(self.sock, select.POLLIN)
        flags = self.will_flags | bool(clean_session) << 1
        fields = _field(self.client_id) + self.will
        if self.user is not None:
            fields += _field(self.user)
            flags |= 0x80
            if self.pswd is not None:
                fields += _field(self.pswd)
                flags |= 0x40
        self._send(0x10, _field("MQTT") + struct.pack("!BBH", 4, flags, self.keepalive) + fields)
        self._heard = ticks_ms()
        head, n = self._read(2)
        if head != 0x20 or n != 2:
            _fail()
        present, code = self._read(2)
        if present > (code == 0):
            _fail()
        if code:
            raise MQTTException(code)
        return present

    def disconnect(self):
        self._send(0xE0)
        self.close()

    def close(self):
        # Ends the connection without DISCONNECT: the broker then sends the will.
        s, self.sock = self.sock, None
        self._open.clear()
        if s:
            try:
                s.close()
            except OSError:
                pass

    def ping(self):
        self._send(0xC0)
        self._open.setdefault(0, (0xD0, ticks_ms()))

    def pending(self):
        return len(self.store.out)

    def publish(self, topic, msg, retain=False, qos=0, wait=True):
        # Returns the packet id, at QoS 1 and 2 when the exchange is complete. wait=False, and any call from
        # inside a callback, returns at once.
        topic = _bytes(topic)
        msg = _bytes(msg)
        if not topic or not 0 <= qos <= 2:
            raise ValueError("publish")
        head = 0x30 | qos << 1 | bool(retain)
        if not qos:
            self._send(head, _field(topic), msg)
            return
        m = Message(self._next_id(), head, topic, msg, _SENT if self.sock else _QUEUED)
        self.store.add(m)
        if self.sock:
            self._transmit(m, 0, msg)
        elif wait:
            raise OSError(errno.ENOTCONN)
        self._wait(m.pid, wait)
        return m.pid

    def subscribe(self, topic, qos=0, wait=True):
        pid, code = self._request(0x82, topic, bytes((qos,)), wait)
        if code == 0x80:
            raise MQTTException(code)
        self.subs[topic] = qos
        return pid

    def unsubscribe(self, topic, wait=True):
        self.subs.pop(topic, None)
        return self._request(0xA2, topic, b"", wait)[0]

    def _request(self, head, topic, tail, wait):
        pid = self._next_id()
        self._open[pid] = (head + 0x0E, ticks_ms())
        self._send(head, struct.pack("!H", pid) + _field(topic) + tail)
        return pid, self._wait(pid, wait)

    def _next_id(self):
        while True:
            pid = self.store.last_id = self.store.last_id % 65535 + 1
            if pid not in self._open and not self.store.find(pid):
                return pid

    def _wait(self, pid, wait):
        # For the end of an exchange, unless nobody waits for it. Returns its code.
        if not wait or self._in_cb:
            return 0
        self._awaited = pid
        while self._awaited:
            self._receive(_LONG)
        return self._code

    def wait_msg(self):
        # Waits for one packet, however long, and handles it. Returns its first byte.
        while True:
            op = self._receive(_LONG)
            if op is not None:
                return op

    def check_msg(self):
        # Handles one packet if there is one. Call it often: it also keeps the connection alive.
        return self._receive(0)

    def _due(self, ms):
        # Sends a ping when one is due. Returns the ms until the next act, at most `ms`; below 0, an answer is overdue.
        now = ticks_ms()
        if self.keepalive and 0 not in self._open:
            idle = max(ticks_diff(now, self._sent), ticks_diff(now, self._heard))
            if idle >= self.keepalive * 500:
                self.ping()
            else:
                ms = min(ms, self.keepalive * 500 - idle)
        late = int(self.ack_timeout * 1000)
        for m in self.store.out:
            ms = min(ms, late - ticks_diff(now, m.at))
        for _, at in self._open.values():
            ms = min(ms, late - ticks_diff(now, at))
        return ms

    def _send(self, head, fields=b"", tail=b""):
        # One buffer, one write.
        if not self.sock:
            _fail(errno.ENOTCONN)
        n = len(fields) + len(tail)
        b = bytearray((head,))
        while n > 127:
            b.append(n & 127 | 128)
            n >>= 7
        b.append(n)
        b += fields
        b += tail
        try:
            if self.sock.write(b) != len(b):
                _fail(errno.ETIMEDOUT)
        except OSError:
            self.close()
            raise
        self._sent = ticks_ms()

    def _transmit(self, m, dup, msg):
        m.at = ticks_ms()
        if m.state == _RELEASED:
            self._send(0x62, struct.pack("!H", m.pid))
        else:
            self._send(m.head | dup, _field(m.topic) + struct.pack("!H", m.pid), msg)

    def _read(self, n):
        b = self.sock.read(n) if n else b""
        if b is None or len(b) < n:
            _fail(errno.ECONNRESET)
        return b

    def _skip(self, n):
        b = bytearray(256)
        while n:
            got = self.sock.readinto(b, min(n, 256))
            if not got:
                _fail(errno.ECONNRESET)
            n -= got

    def _read_u16(self):
        # The length of a topic or a packet id: neither may be 0.
        n = struct.unpack("!H", self._read(2))[0]
        if not n:
            _fail()
        return n

    def _receive(self, ms):
        # Handles one packet if its first byte comes within `ms`. Returns that byte, or None.
        try:
            if not self.sock:
                _fail(errno.ENOTCONN)
            # An answer is overdue only if it is not there. And there is no read that may run out of time with nothing
            # read: it would end a TLS stream for good.
            left = self._due(ms)
            b = self.sock.read(1) if self._poll.poll(max(left, 0)) else None
            if b is None:
                if left < 0:
                    _fail(errno.ETIMEDOUT)
                return
            if not b:
                _fail(errno.ECONNRESET)
            head = b[0]
            n = shift = 0
            while True:
                b = self._read(1)[0]
                n |= (b & 127) << shift
                if b < 128:
                    break
                shift += 7
                if shift > 21:
                    _fail()
            self._heard = ticks_ms()
            if head & 0xF0 == 0x30:
                self._on_publish(head, n)
            elif head == 0xD0 and n == 0:
                self._open.pop(0, None)
            elif n == 2 + (head == 0x90) and head in b"\x40\x50\x62\x70\x90\xb0":
                self._on_ack(head, self._read_u16(), self._read(1)[0] if n > 2 else 0)
            else:
                _fail()
            return head
        except (OSError, MemoryError):
            self.close()
            raise

    def _on_publish(self, head, n):
        qos = head >> 1 & 3
        big = n > self.max_packet
        take = self._skip if big else self._read
        if n < 3 or qos == 3 or head & 0x0E == 8:  # no room for a topic; DUP at QoS 0
            _fail()
        size = self._read_u16()
        n -= size + (4 if qos else 2)
        if n < 0:
            _fail()
        topic = take(size)
        if not big and not _is_topic(topic):
            _fail()
        pid = self._read_u16() if qos else 0
        msg = take(n)
        new = qos == 2 and pid not in self.store.inbound
        if big:
            self.oversized += 1
        if new and not self.store.late:
            self.store.hold(self.store.inbound + [pid])
        self._in_cb = True
        self.op = head
        try:
            if self.cb and not big and (new or qos < 2):
                self.cb(topic, msg)
        finally:
            self._in_cb = False
            if new and self.store.late:
                self.store.hold(self.store.inbound + [pid])
            if qos and self.sock:
                self._send(0x40 if qos == 1 else 0x50, struct.pack("!H", pid))

    def _on_ack(self, head, pid, code):
        m = self.store.find(pid)
        if head == 0x50:
            # Answered whether we know the id or not: the broker may have forgotten less than we did.
            if m:
                m.at = ticks_ms()
                if m.state == _SENT and m.head & 6 == 4:
                    self.store.move(m, _RELEASED)
            self._send(0x62, struct.pack("!H", pid))
        elif head == 0x62:
            if pid in self.store.inbound:
                pids = self.store.inbound[:]
                pids.remove(pid)
                self.store.hold(pids)
            self._send(0x70, struct.pack("!H", pid))
        else:
            # Only the answer that is due completes a message or a request.
            if m:
                due = 0x40 if m.head & 6 == 2 else m.state == _RELEASED and 0x70
            else:
                due = self._open.get(pid, (0,))[0]
            if head != due:
                return
            if m:
                self.store.move(m, _FINISHED)
            else:
                del self._open[pid]
            if pid == self._awaited:
                self._awaited = 0
                self._code = code
            elif self.done:
                self.done(pid, code)
