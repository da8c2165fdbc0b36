# A name look-up that ends in time. The one of lwIP blocks for as long as it likes, longer than a watchdog does.
#
#   client.lookup = Lookup(wlan.ifconfig()[3], wait=dog.feed)
import random
import select
import socket
import struct
from time import ticks_add, ticks_diff, ticks_ms

_STEP_MS = 200


def question(name, number):
    b = struct.pack("!HHHHHH", number, 0x0100, 1, 0, 0, 0)
    for part in name.split("."):
        b += bytes((len(part),)) + part.encode()
    return b + b"\0\0\1\0\1"


def _end_of_name(b, at):
    while b[at]:
        if b[at] & 0xC0:
            return at + 2
        at += 1 + b[at]
    return at + 1


def address(b, number):
    # The first IPv4 address of an answer; None where it is no answer to this question, or has none.
    if len(b) < 12 or struct.unpack_from("!H", b)[0] != number or not b[2] & 0x80:
        return None
    questions, answers = struct.unpack_from("!HH", b, 4)
    at = 12
    try:
        for _ in range(questions):
            at = _end_of_name(b, at) + 4
        for _ in range(answers):
            at = _end_of_name(b, at)
            kind, _, _, size = struct.unpack_from("!HHIH", b, at)
            at += 10
            if kind == 1 and size == 4:
                return "%d.%d.%d.%d" % tuple(b[at : at + 4])
            at += size
    except (IndexError, ValueError):
        pass
    return None


class Lookup:
    def __init__(self, server, timeout=3, wait=None):
        self.server = server
        self.timeout = timeout  # seconds in all, for two questions
        self.wait = wait
        self.known = {}  # the last answers, for when the name server is away

    def __call__(self, host, port):
        if ":" in host or host.replace(".", "").isdigit():  # an address; to find it out takes no time
            return socket.getaddrinfo(host, port)
        return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", (self.ask(host), port))]

    def ask(self, host):
        found = None
        for _ in range(2):
            found = found or self.once(host)
        if found:
            self.known[host] = found
        elif host not in self.known:
            raise OSError(-2)
        return self.known[host]

    def once(self, host):
        number = random.getrandbits(16)
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            s.setblocking(False)
            s.sendto(question(host, number), socket.getaddrinfo(self.server, 53)[0][-1])
            poll = select.poll()
            poll.register(s, select.POLLIN)
            end = ticks_add(ticks_ms(), int(self.timeout * 500))
            while ticks_diff(end, ticks_ms()) > 0:
                if self.wait:
                    self.wait()
                if poll.poll(_STEP_MS):
                    found = address(s.recv(512), number)
                    if found:
                        return found
        except OSError:
            pass
        finally:
            s.close()
        return None
