# MQTT 3.1.1 client: umqtt.simple's interface, with QoS 2 in both directions.
#
# Any OSError means that the connection is closed: call connect() again. What is in flight then goes out
# once more by itself, so do not publish it again. Two exceptions: ENOBUFS (journal full) and 28 (flash full) from publish()
# mean that the message was not taken.
import errno
import select
import struct
import sys
from micropython import const
from time import sleep_ms, ticks_add, ticks_diff, ticks_ms

# How far an outgoing message has come.
_QUEUED = const(0)  # never sent
_SENT = const(1)  # PUBLISH went out, or may have
_RELEASED = const(2)  # PUBREC came: from now on only PUBREL may be sent
_FINISHED = const(3)

_LONG = const(1 << 28)  # ms: until something comes
_STEP = const(200)  # ms between two calls of the wait hook
_TRIES = const(12)  # connections that end on one message before it is set aside
_HELD = const(128)  # bytes that an inbound message takes in RAM beside its payload, while the application is not ready

# Codes of the done callback beside those of the standard.
SESSION_LOST = -1  # the broker has forgotten the exchange: whether the message arrived is unknown
SET_ASIDE = -2  # the broker ended a connection each time the message was sent: drop(pid) gives its slot back


class MQTTException(Exception):
    pass


class Message:
    def __init__(self, pid, head, topic, msg, state):
        self.pid = pid
        self.head = head  # first byte of PUBLISH, DUP 0
        self.topic = topic
        self.msg = msg
        self.state = state
        self.at = None  # ticks of the last packet sent for it on this connection
        self.tries = 0  # connections that the broker ended instead of answering it


class Memory:
    # What outlives a connection, kept in RAM. Journal keeps it in flash too.
    late = False  # True: the id of an inbound QoS 2 message is stored after the callback

    def __init__(self, slots=8):
        self.slots = slots
        self.out = []  # messages in the order of publish()
        self.inbound = []  # ids of QoS 2 messages received, PUBREL still to come
        self.subs = {}  # granted: filter, QoS
        self.unsure = False  # the broker may lack some of them
        self.known = False  # a session was begun
        self.last_id = 0

    def find(self, pid):
        for m in self.out:
            if m.pid == pid:
                return m

    def add(self, m):
        if len(self.out) >= self.slots:
            raise OSError(errno.ENOBUFS)
        if not isinstance(m.msg, bytes):
            m.msg = bytes(m.msg)  # the caller's buffer may hold something else at the next connection
        self.out.append(m)

    def body(self, m):
        return m.msg

    def move(self, m, state):
        m.state = state
        if state >= _RELEASED:
            m.msg = None
        if state == _FINISHED:
            self.out.remove(m)

    def blame(self, m):
        m.tries += 1

    def hold(self, pids):
        self.inbound = pids

    def keep_subs(self, unsure):
        self.unsure = unsure
        self.known = True

    def forget(self, every):
        # The session is gone: so are ids that only it gave a meaning. `every`: unsent messages too. Returns the ids of messages.
        gone = []
        for m in self.out[:]:
            if every or m.state == _RELEASED:
                self.move(m, _FINISHED)
                gone.append(m.pid)
        if self.inbound:
            self.hold([])
        return gone


def _fail(code=errno.EINVAL):
    raise OSError(code)


def _deadline(seconds, size=0):
    # Of a packet, in ticks: it has 4 ms for each byte more.
    return ticks_add(ticks_ms(), min(int(seconds * 1000), _LONG) + min(size, 1 << 25) * 4)


def _bytes(s):
    return s.encode() if isinstance(s, str) else s


def _field(s):
    s = _bytes(s)
    if len(s) > 65535:
        raise ValueError("too long")
    return struct.pack("!H", len(s)) + s


def _is_topic(b, bad="#+\0"):
    # UTF-8 without wildcards and NUL. decode() alone lets surrogates and overlong forms pass.
    size = 0
    try:
        for c in b.decode():
            if c in bad:
                return False
            c = ord(c)
            if c >> 11 == 0x1B or c > 0x10FFFF:
                return False
            size += 1 + (c > 0x7F) + (c > 0x7FF) + (c > 0xFFFF)
    except UnicodeError:
        pass
    return 0 < size == len(b) < 65536


def _topic(s):
    # A broker that is sent a bad topic ends the connection, as often as it is sent again.
    s = _bytes(s)
    if not _is_topic(s):
        raise ValueError("topic")
    return s


def _filter(s):
    s = _bytes(s)
    parts = s.split(b"/")
    for i, part in enumerate(parts):
        if part != b"+" and b"+" in part or b"#" in part and (part != b"#" or i < len(parts) - 1):
            raise ValueError("filter")
    if not _is_topic(s, "\0"):
        raise ValueError("filter")
    return s


class MQTTClient:
    window = 65535  # messages at QoS 1 and 2 in flight at once
    none = b""  # no properties, in the versions that have them

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
        if not 0 <= keepalive <= 65535:
            raise ValueError("keepalive")
        if not 0 < ack_timeout <= 86400:
            raise ValueError("ack_timeout")
        self.client_id = client_id
        self.server = server
        self.port = port or (8883 if ssl else 1883)
        self.user = user
        self.pswd = password
        self.keepalive = keepalive
        self.ssl = ssl
        self.ssl_params = ssl_params
        self.ack_timeout = ack_timeout  # seconds, at most a day: ticks turn over within twelve
        self.max_packet = max_packet  # bytes; a longer inbound packet is read past and counted
        self.store = journal or Memory()
        self.durable = journal is not None
        self.dial = sock  # function that returns a connected stream, for other links than TCP
        self.lookup = None  # function that stands in for socket.getaddrinfo
        self.wait = None  # function that is called again and again while a packet is waited for: a watchdog's feed
        self.sock = None
        self.cb = None
        self.ready = None
        self.done = None
        self.will = b""
        self.will_flags = 0
        self.op = 0  # first byte of the message handed to the callback: QoS, retain, DUP
        self.oversized = 0
        self.properties = None
        self._in_cb = False
        self._gone = []  # ids of messages that went with their session, to be told
        self._todo = []  # messages that wait for others to be answered
        self._alone = False
        self._held = []  # inbound messages that wait for the application
        self._missed = False  # one was read past: a new connection brings it again
        self._open = {}  # SUBSCRIBE, UNSUBSCRIBE and, as 0, PINGREQ in flight: first byte of the answer, ticks, filter, QoS
        self._awaited = 0  # id of the exchange whose end someone waits for
        self._code = 0

    def set_callback(self, f, ready=None):
        # f(topic, msg), both bytes. Without it, messages are acknowledged and dropped. While ready() is false, messages at
        # QoS 1 and 2 wait, unacknowledged: with can_publish, f always has room to answer.
        self.cb = f
        self.ready = ready

    def set_done_callback(self, f):
        # f(id, code) for each request that nobody waited for; code 0, that of SUBACK, SESSION_LOST or SET_ASIDE.
        self.done = f

    def on_error(self, e):
        # An exception in a callback. It ends neither the connection nor the program.
        sys.print_exception(e)

    def _call(self, f, *args):
        inside, self._in_cb = self._in_cb, True
        try:
            f(*args)
        except Exception as e:
            self.on_error(e)
        finally:
            self._in_cb = inside

    def _tell(self, pids, code):
        for pid in pids:
            if self.done:
                self._call(self.done, pid, code)

    def set_last_will(self, topic, msg, retain=False, qos=0):
        if not 0 <= qos <= 2:
            raise ValueError("will")
        self.will = self.none + _field(_topic(topic)) + _field(msg)
        self.will_flags = 4 | qos << 3 | bool(retain) << 5

    def connect(self, clean_session=None, timeout=None):
        # Without an argument: a session that is kept where there is a journal, else a clean one.
        # Returns Session Present.
        timeout = timeout or self.ack_timeout
        self.close()
        try:
            self._dial(timeout)
            self._until = _deadline(timeout)
            self._hello(clean_session)
            present = self._welcome()
            self._resume(present)
        except BaseException:  # a certificate that is refused is a ValueError
            self.close()
            raise
        return present

    def _dial(self, timeout):
        # Opens the stream. One of our own never blocks: a packet is waited for in steps.
        if self.dial:
            self._attach(self.dial())
            return
        import socket

        feed = self.wait or int
        feed()
        family, _, _, _, address = (self.lookup or socket.getaddrinfo)(self.server, self.port)[0]
        feed()
        self.sock = s = socket.socket(family)
        s.settimeout(timeout)
        s.connect(address)
        feed()
        if self.ssl is True:
            import ssl

            self.sock = ssl.wrap_socket(s, **self.ssl_params)
        elif self.ssl:
            self.sock = self.ssl.wrap_socket(s, server_hostname=self.server)
        s.setblocking(False)
        self._attach(self.sock)

    def _attach(self, sock):
        self.sock = sock
        self._poll = select.poll()
        self._poll.register(sock, select.POLLIN)
        self._awaited = 0

    def _hello(self, clean=None):
        if clean is None:
            clean = not self.durable
        if clean:
            self._gone += self.store.forget(True)
        flags = self.will_flags | bool(clean) << 1
        fields = _field(self.client_id) + self.will
        if self.user is not None:
            fields += _field(self.user)
            flags |= 0x80
            if self.pswd is not None:
                fields += _field(self.pswd)
                flags |= 0x40
        self._send(0x10, self._greeting(flags, clean) + fields)

    def _greeting(self, flags, clean):
        return _field("MQTT") + struct.pack("!BBH", 4, flags, self.keepalive)

    def _welcome(self):
        # Reads CONNACK. Returns Session Present.
        head, n = self._read(2)
        if head != 0x20 or n < 2:
            _fail()
        present, code = self._read(2)
        self._heard = ticks_ms()
        if present > (code == 0):
            _fail()
        self._granted(n - 2, code)
        if code:
            raise MQTTException(code)
        return present

    def _granted(self, n, code):
        if n:
            _fail()

    def _resume(self, present):
        store = self.store
        if not present:
            self._gone += store.forget(False)
        aside = []
        for m in store.out:
            if m.tries < _TRIES:
                self._todo.append(m)
                # Where a message may be what the broker cannot stand, they go out one at a time, so that it shows which.
                self._alone = self._alone or m.tries > 0
            else:
                aside.append(m.pid)
        # What is told of may be published anew, behind all that waits.
        gone, self._gone = self._gone, []
        self._tell(gone, SESSION_LOST)
        self._tell(aside, SET_ASIDE)
        self._pump()
        if store.subs and (not present or store.unsure):
            if not store.unsure:
                store.keep_subs(True)
            for topic, qos in store.subs.items():
                self.subscribe(topic, qos, False)

    def _free(self):
        # Whether one more may be in flight.
        n = 0
        for m in self.store.out:
            n += m.at is not None
        return n < (1 if self._alone else self.window)

    def _pump(self):
        # Sends what waits its turn.
        while self._todo:
            if not self._free():
                return
            m = self._todo.pop(0)
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
        self._alone = False

    def disconnect(self):
        self._send(0xE0)
        self.close()

    def close(self):
        # Ends the connection without DISCONNECT: the broker then sends the will.
        s, self.sock = self.sock, None
        self._open.clear()
        self._todo = []
        self._alone = False
        self._held = []
        self._missed = False
        for m in self.store.out:
            m.at = None
        if s:
            try:
                s.close()
            except OSError:
                pass

    def _end(self, code):
        # The connection ended without our doing. The first message without an answer may be why; where time ran out, only if
        # the broker was heard meanwhile.
        aside = ()
        if self.sock and code != errno.EINVAL:
            for m in self.store.out:
                if m.at is not None and m.state == _SENT:
                    if code != errno.ETIMEDOUT or ticks_diff(self._heard, m.at) > 1000:
                        self.store.blame(m)
                        if m.tries == _TRIES:
                            aside = (m.pid,)
                    break
        self.close()
        self._tell(aside, SET_ASIDE)

    def ping(self):
        self._send(0xC0)
        self._open.setdefault(0, (0xD0, ticks_ms(), None, None))

    def pending(self):
        return len(self.store.out)

    def can_publish(self, n=1):
        # Whether n more messages at QoS 1 or 2 would be taken.
        return len(self.store.out) + n <= self.store.slots

    def drop(self, pid):
        # Gives a message up, sent or not. False if there is none of this id.
        m = self.store.find(pid)
        if not m:
            return False
        if m in self._todo:
            self._todo.remove(m)
        self.store.move(m, _FINISHED)
        return True

    def publish(self, topic, msg, retain=False, qos=0, wait=True):
        # Returns the packet id, at QoS 1 and 2 when the exchange is complete. wait=False, and any call from
        # inside a callback, returns at once.
        topic = _topic(topic)
        msg = _bytes(msg)
        memoryview(msg)  # a number is no payload, and must not be found out by each replay
        if not 0 <= qos <= 2:
            raise ValueError("qos")
        head = 0x30 | qos << 1 | bool(retain)
        if not qos:
            self._send(head, _field(topic), msg)
            return
        now = self.sock and not self._todo and self._free()
        m = Message(self._next_id(), head, topic, msg, _SENT if now else _QUEUED)
        self.store.add(m)
        if now:
            self._transmit(m, 0, msg)
        elif self.sock:
            self._todo.append(m)
        elif wait:
            raise OSError(errno.ENOTCONN)
        self._wait(m.pid, wait)
        return m.pid

    def subscribe(self, topic, qos=0, wait=True):
        pid, code = self._request(0x82, topic, qos, wait)
        if code >= 0x80:
            raise MQTTException(code)
        return pid

    def unsubscribe(self, topic, wait=True):
        return self._request(0xA2, topic, None, wait)[0]

    def _request(self, head, topic, qos, wait):
        topic = _filter(topic)
        pid = self._next_id()
        self._open[pid] = (head + 0x0E, ticks_ms(), topic, qos)
        tail = b"" if qos is None else bytes((qos,))
        self._send(head, struct.pack("!H", pid) + self.none + _field(topic) + tail)
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
            if m.at is not None:
                ms = min(ms, late - ticks_diff(now, m.at))
        for request in self._open.values():
            ms = min(ms, late - ticks_diff(now, request[1]))
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
        end = _deadline(self.ack_timeout, len(b))
        try:
            n = self.sock.write(b) or 0
            while n < len(b):
                if ticks_diff(end, ticks_ms()) < 0:
                    _fail(errno.ETIMEDOUT)
                if self.wait:
                    self.wait()
                sleep_ms(5)
                n += self.sock.write(memoryview(b)[n:]) or 0
        except OSError as e:
            self._end(e.errno)
            raise
        self._sent = ticks_ms()

    def _transmit(self, m, dup, msg):
        m.at = ticks_ms()
        if m.state == _RELEASED:
            self._send(0x62, struct.pack("!H", m.pid))
        else:
            self._send(m.head | dup, _field(m.topic) + struct.pack("!H", m.pid), msg)

    def _get(self, read, what):
        # Something, in the time that is left for the packet.
        while True:
            if self.wait:
                self.wait()
            if ticks_diff(self._until, ticks_ms()) < 0:
                _fail(errno.ETIMEDOUT)
            if self._poll.poll(_STEP):
                got = read(what)
                if got:
                    return got
                if got is not None:
                    _fail(errno.ECONNRESET)

    def _read(self, n):
        if not n:
            return b""
        b = self._get(self.sock.read, n)
        at = len(b)
        if at < n:
            whole = bytearray(n)
            whole[:at] = b
            view = memoryview(whole)
            while at < n:
                at += self._get(self.sock.readinto, view[at:])
            b = bytes(whole)
        return b

    def _skip(self, n):
        b = bytearray(min(n, 1024))
        while n:
            if n < len(b):
                b = bytearray(n)
            n -= self._get(self.sock.readinto, b)

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
            if self._held and self.ready():
                return self._deliver(*self._held.pop(0))
            if self._missed and not self._held:
                self.close()
                _fail(errno.ECONNABORTED)
            # An answer is overdue only if it is not there. And there is no read that may run out of time with nothing
            # read: it would end a TLS stream for good.
            due = left = self._due(ms)
            while True:
                step = left
                if self.wait:
                    self.wait()
                    step = min(left, _STEP)
                b = self.sock.read(1) if self._poll.poll(max(step, 0)) else None
                left -= step
                if b is not None or left <= 0:
                    break
            if b is None:
                if due < 0:
                    _fail(errno.ETIMEDOUT)
                return
            if not b:
                _fail(errno.ECONNRESET)
            head = b[0]
            self._until = _deadline(self.ack_timeout)
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
            self._until = _deadline(self.ack_timeout, n)
            if head & 0xF0 == 0x30:
                self._on_publish(head, n)
            elif head == 0xD0 and n == 0:
                self._open.pop(0, None)
            elif n > 1 and head in b"\x40\x50\x62\x70\x90\xb0":
                self._on_ack(head, self._read_u16(), self._code_of(head, n - 2))
            else:
                self._other(head, n)
            return head
        except (OSError, MemoryError, KeyboardInterrupt) as e:
            # Ctrl-C too: half a packet may have been read.
            self._end(e.errno if isinstance(e, OSError) else errno.EINVAL)
            raise

    def _code_of(self, head, n):
        # Reads what stands behind the id of an acknowledgement.
        code = self._read(1)[0] if n else 0
        if n != (head == 0x90) or code not in b"\0\1\2\x80":
            _fail()
        return code

    def _other(self, head, n):
        _fail()

    def _properties(self, n):
        # Reads the properties of a PUBLISH; returns how many bytes they took of n, and them.
        return 0, None

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
        took, more = self._properties(n)
        msg = take(n - took)
        if big:
            self.oversized += 1
            msg = None
        elif qos and self.ready and pid not in self.store.inbound and (self._held or not self.ready()):
            room = self.max_packet - len(msg) - _HELD
            for held in self._held:
                room -= len(held[3]) + _HELD
            if self._missed or room < 0:
                self._missed = True
            else:
                self._held.append((head, topic, pid, msg, more))
            return
        self._deliver(head, topic, pid, msg, more)

    def _deliver(self, head, topic, pid, msg, more):
        self.properties = more
        qos = head >> 1 & 3
        new = qos == 2 and pid not in self.store.inbound
        if new and not self.store.late:
            self.store.hold(self.store.inbound + [pid])
        self.op = head
        try:
            if self.cb and msg is not None and (new or qos < 2):
                self._call(self.cb, topic, msg)
        finally:
            if new and self.store.late:
                self.store.hold(self.store.inbound + [pid])
            if qos and self.sock:
                self._send(0x40 if qos == 1 else 0x50, struct.pack("!H", pid))
        return head

    def _on_ack(self, head, pid, code):
        m = self.store.find(pid)
        if head == 0x50:
            # Answered whether we know the id or not: the broker may have forgotten less than we did.
            if m and m.state == _SENT and m.head & 6 == 4:
                if code >= 0x80:
                    self._finish(m, code)
                    return
                self.store.move(m, _RELEASED)
            if m:
                m.at = ticks_ms()
            self._send(0x62, struct.pack("!H", pid))
        elif head == 0x62:
            if pid in self.store.inbound:
                pids = self.store.inbound[:]
                pids.remove(pid)
                self.store.hold(pids)
            self._send(0x70, struct.pack("!H", pid))
        elif m:
            # Only the answer that is due completes a message or a request.
            if head == (0x40 if m.head & 6 == 2 else m.state == _RELEASED and 0x70):
                self._finish(m, code)
        elif pid in self._open and head == self._open[pid][0]:
            # SUBACK or UNSUBACK. What was granted is asked for again where the session is lost.
            _, _, topic, qos = self._open.pop(pid)
            if code >= 0x80:
                qos = None
            subs = self.store.subs
            unsure = self.store.unsure and any(self._open)
            if subs.get(topic) != qos or unsure != self.store.unsure:
                if qos is None:
                    subs.pop(topic, None)
                else:
                    subs[topic] = qos
                self.store.keep_subs(unsure)
            self._report(pid, code)

    def _finish(self, m, code):
        self.store.move(m, _FINISHED)
        self._report(m.pid, code)
        self._pump()

    def _report(self, pid, code):
        if pid == self._awaited:
            self._awaited = 0
            self._code = code
        else:
            self._tell((pid,), code)
