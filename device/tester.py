# The firmware under test: obeys JSON lines on stdin and reports on stdout what the application sees.
# Used instead of main.py while a board is being validated.
import errno
import gc
import json
import os
import select
import sys
import machine
from binascii import hexlify, unhexlify
from time import ticks_add, ticks_diff, ticks_ms

from umqtt2.client import SESSION_LOST, SET_ASIDE, MQTTClient, MQTTException
from umqtt2.journal import Journal

NUMBERS = {  # properties of 5.0, by the name the harness gives them
    "payloadFormatIndicator": 0x01,
    "messageExpiryInterval": 0x02,
    "contentType": 0x03,
    "responseTopic": 0x08,
    "correlationData": 0x09,
    "subscriptionIdentifier": 0x0B,
    "sessionExpiryInterval": 0x11,
    "requestProblemInformation": 0x17,
    "willDelayInterval": 0x18,
    "requestResponseInformation": 0x19,
    "userProperties": 0x26,
}
RETRY_MS = 20
IDLE_MS = 200
LINE_MAX = 24576  # characters; a board has no room for more
PART = 256  # characters that are read at once
OUTCOMES = {SESSION_LOST: "session lost, outcome unknown", SET_ASIDE: "set aside"}
FOLDER = "/j-"  # a journal per client, named after it
FILLER = "/fill"
FLASH_FULL = 28
HELLO = {
    "name": "umqtt2",
    "version": sys.version,
    "versions": ["3.1.1", "5.0"],
    "can": [
        "connect",
        "publish",
        "subscribe",
        "unsubscribe",
        "disconnect",
        "ping",
        "will",
        "auth",
        "persist",
        "properties",
        "reason-codes",
        "receive-maximum",
    ],
    "reconnects": "self",
}


def say(line):
    print(json.dumps(line))


def id_of(line):
    # Of a command that could not be read to its end.
    try:
        return int(line.split('"id":', 1)[1].split(",", 1)[0])
    except (LookupError, ValueError):
        return None


def payload_of(command):
    if "payloadHex" in command:
        return unhexlify(command["payloadHex"])
    return command.get("payload", "").encode()


def numbered(properties):
    found = {}
    for name, value in (properties or {}).items():
        if name not in NUMBERS:
            raise NotImplementedError
        if name == "userProperties":
            value = [tuple(pair) for pair in value]
        elif isinstance(value, dict):
            value = unhexlify(value["hex"])
        found[NUMBERS[name]] = value
    return found


def named(properties):
    found = {}
    for name, number in NUMBERS.items():
        value = properties.get(number)
        if value is None:
            continue
        if name == "userProperties":
            value = [[each.decode() for each in pair] for pair in value]
        elif name == "correlationData":
            value = {"hex": hexlify(value).decode()}
        elif isinstance(value, bytes):
            value = value.decode()
        found[name] = value
    return found


class Session:
    # One client under test: from its first connect until stop, through any number of connections.
    def __init__(self, name, settings):
        self.name = name
        self.settings = settings
        self.client = None
        self.wanted = False
        self.known = False
        self.at = 0
        self.tags = {}
        self.todo = []  # subscribe and unsubscribe commands that have no answer yet

    def tell(self, event, **more):
        more["event"] = event
        more["client"] = self.name
        say(more)

    def configure(self, c):
        kept = c.get("session", "kept") == "kept"
        journal = None
        if self.client:
            journal = self.client.store if self.client.durable else None
            self.client.close()
        if kept and not journal:
            journal = self.settings.journal(self.name)
        if journal and not kept:
            journal.forget(True)
            journal = None
        make, more = MQTTClient, {}
        if c.get("version") == "5.0":
            from umqtt2.v5 import MQTT5Client as make

            more["session_expiry"] = c.get("sessionExpiryS", 3600)
            if "receiveMaximum" in c:
                more["receive_maximum"] = c["receiveMaximum"]
        self.client = m = make(
            c["clientId"],
            c["host"],
            c.get("port", 1883),
            c.get("username"),
            c.get("password"),
            c.get("keepAliveS", 0),
            journal=journal,
            ack_timeout=self.settings.ack_timeout,
            max_packet=c.get("maximumPacketSize", self.settings.max_packet),
            **more,
        )
        if more:
            m.connect_properties = numbered(c.get("properties"))
        m.set_callback(self.on_message)
        m.set_done_callback(self.on_done)
        if c.get("will"):
            w = c["will"]
            args = (w["topic"], payload_of(w), w.get("retain", False), w.get("qos", 0))
            m.set_last_will(*args, **({"properties": numbered(w.get("properties"))} if more else {}))
        self.clean = not kept
        self.wanted = True
        # connect() blocks until CONNACK: let a command that follows at once come first.
        self.at = ticks_add(ticks_ms(), self.settings.retry_ms)

    def on_message(self, topic, msg):
        event = {"topic": topic.decode()}
        try:
            event["payload"] = msg.decode()
        except UnicodeError:
            event["payloadHex"] = hexlify(msg).decode()
        op = self.client.op
        event["qos"] = op >> 1 & 3
        event["retain"] = bool(op & 1)
        event["dup"] = bool(op & 8)
        if self.client.properties:
            event["properties"] = named(self.client.properties)
        self.tell("delivered", **event)

    def on_done(self, pid, code):
        event, tag = self.tags.pop(pid, (None, None))
        if event == "published":
            more = {"code": code} if code > 0 else {}
            if code < 0 or code >= 0x80:
                more["error"] = OUTCOMES.get(code) or "reason code 0x%02x" % code
            self.tell(event, tag=tag, id=pid, **more)
        elif event:
            self.todo = [t for t in self.todo if t[1] != tag]
            self.tell(event, tag=tag, codes=[code] if event == "subscribed" else [])

    def publish(self, c):
        qos = c.get("qos", 0)
        try:
            more = {"properties": numbered(c["properties"])} if "properties" in c else {}
            pid = self.client.publish(c["topic"], payload_of(c), c.get("retain", False), qos, False, **more)
        except OSError as e:
            if e.errno != FLASH_FULL:
                raise
            self.tell("published", tag=c.get("tag"), error=repr(e))
            return
        if pid:
            self.tags[pid] = ("published", c.get("tag"))
        else:
            self.tell("published", tag=c.get("tag"))
        return pid

    def request(self, c):
        event = "subscribed" if c["do"] == "subscribe" else "unsubscribed"
        self.todo.append((event, c.get("tag"), c["filter"], c.get("qos", 0)))
        if self.client.sock:
            self.ask(self.todo[-1])

    def ask(self, request):
        event, tag, topic, qos = request
        if event == "subscribed":
            pid = self.client.subscribe(topic, qos, False)
        else:
            pid = self.client.unsubscribe(topic, False)
        self.tags[pid] = (event, tag)

    def connect(self):
        try:
            present = self.client.connect(self.clean)
        except MQTTException as e:
            self.tell("connected", sessionPresent=False, code=e.args[0])
            raise OSError("refused")
        self.known = True
        self.tell("connected", sessionPresent=bool(present), code=0)
        for request in self.todo:
            self.ask(request)

    def turn(self):
        # One step: connects, or handles a packet. True if something happened.
        if not self.wanted:
            return False
        try:
            if self.client.sock:
                return self.client.check_msg() is not None
            if ticks_diff(ticks_ms(), self.at) < 0:
                return False
            if self.settings.link_up():
                self.connect()
                return True
            self.at = ticks_add(ticks_ms(), self.settings.retry_ms)
        except (OSError, MemoryError) as e:
            self.lost(e)
        return False

    def lost(self, error):
        self.client.close()
        if self.known:
            self.known = False
            self.tell("disconnected", error=repr(error))
        self.at = ticks_add(ticks_ms(), self.settings.retry_ms)

    def disconnect(self):
        self.wanted = self.known = False
        if self.client and self.client.sock:
            self.client.disconnect()


class Tester:
    def __init__(self, stdin, config):
        self.ack_timeout = config.get("ack_timeout", 10)
        self.max_packet = config.get("max_packet", 8192)
        self.slots = config.get("slots", 8)
        self.late = config.get("late", False)
        self.retry_ms = config.get("retry_ms", RETRY_MS)
        self.wifi = None
        if config.get("ssid"):
            from umqtt2.wifi import Wifi

            self.wifi = Wifi(config["ssid"], config.get("key"), config.get("country"))
        self.stdin = stdin
        self.sessions = {}
        self.pings = []
        self.poll = select.poll()
        self.poll.register(stdin, select.POLLIN)

    def journal(self, name):
        return Journal(FOLDER + name, self.slots, self.late)

    def link_up(self):
        return self.wifi is None or self.wifi.up()

    def run(self):
        say({"event": "ready"})
        while True:
            busy = False
            if self.poll.poll(0):
                line = self.read_line()
                if not line:
                    return
                self.obey(line)
                busy = True
            for s in self.sessions.values():
                busy = s.turn() or busy
            if not busy:
                # A ping's answer stands behind every event that had its cause before it.
                for ping in self.pings:
                    say(ping)
                self.pings = []
                self.idle()
            yield

    def read_line(self):
        # In small pieces: room for the longest in one piece is more than a board's heap has after a while. Of a line that is
        # too long the beginning is left, which has the id.
        parts = []
        size = 0
        part = self.stdin.readline(PART)
        while part:
            size += len(part)
            if size <= LINE_MAX:
                parts.append(part)
            else:
                parts = parts[:1]
            if part[-1] == "\n":
                break
            part = self.stdin.readline(PART)
        return "".join(parts)

    def idle(self):
        # Sleeps until a command or a packet comes, or a session has something to do.
        ms = IDLE_MS
        socks = []
        for s in self.sessions.values():
            if s.wanted and s.client.sock:
                socks.append(s.client.sock)
                self.poll.register(s.client.sock, select.POLLIN)
            elif s.wanted:
                ms = min(ms, max(1, ticks_diff(s.at, ticks_ms())))
        self.poll.poll(ms)
        for sock in socks:
            self.poll.unregister(sock)

    def obey(self, line):
        try:
            c = json.loads(line)
            number = c["id"]
        except (ValueError, LookupError, TypeError, MemoryError):
            say({"id": id_of(line), "error": "no command, or too long for this board"})
            return
        try:
            if c.get("do") == "ping":
                self.pings.append({"id": number, "ok": {"nonce": c.get("nonce")}})
                return
            answer = {"id": number, "ok": self.do(c.get("do"), c)}
        except NotImplementedError:
            answer = {"id": number, "error": "unsupported"}
        except (OSError, ValueError, LookupError, MemoryError, MQTTException) as e:
            # The journal is full: until a message is complete, none is taken.
            busy = isinstance(e, OSError) and e.errno == errno.ENOBUFS
            answer = {"id": number, "error": "busy" if busy else repr(e)}
        say(answer)

    def do(self, verb, c):
        if verb == "hello":
            return HELLO
        if verb == "reset":
            machine.reset()
        if verb == "flash":
            self.flash(c["full"])
            return {}
        name = c.get("client", "app")
        if verb == "stop":
            self.stop(name)
            return {}
        if verb not in ("connect", "publish", "subscribe", "unsubscribe", "disconnect"):
            raise NotImplementedError
        if verb == "connect":
            if c.get("version", "3.1.1") not in HELLO["versions"]:
                raise ValueError("MQTT 3.1.1 and 5.0 only")
            if name not in self.sessions:
                self.sessions[name] = Session(name, self)
            self.sessions[name].configure(c)
            return {}
        s = self.sessions[name]
        if verb == "publish":
            return {"packet": s.publish(c)}
        if verb == "disconnect":
            s.disconnect()
        else:
            s.request(c)
        return {}

    def stop(self, name):
        s = self.sessions.pop(name, None)
        if s:
            s.client.close()
        folder = FOLDER + name
        try:
            for f in os.listdir(folder):
                os.remove(folder + "/" + f)
            os.rmdir(folder)
        except OSError:
            pass
        gc.collect()

    def flash(self, full):
        # Takes all the flash that is left, block by block, or gives it back.
        try:
            os.mkdir(FILLER)
        except OSError:
            pass
        for name in os.listdir(FILLER):
            os.remove(FILLER + "/" + name)
        block = bytes(4096)
        n = 0
        try:
            while full:
                with open(FILLER + "/%d" % n, "wb") as f:
                    f.write(block)
                n += 1
        except OSError:
            pass


def loop(stdin=sys.stdin):
    try:
        with open("/config.json") as f:
            config = json.load(f)
    except OSError:
        config = {}
    return Tester(stdin, config).run()


def run():
    for _ in loop():
        pass
