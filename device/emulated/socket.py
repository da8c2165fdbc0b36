# TCP of a plain Pico that is emulated, which has no network: frames over UART 0, to the harness. On a Pico W the real module stands here.
import io
from machine import UART, Pin
from time import sleep_ms, ticks_diff, ticks_ms

AF_INET = 2
SOCK_STREAM = 1
_OPEN, _DATA, _CLOSE, _OPENED = 0, 1, 2, 3
_PIECE = 1024

_uart = UART(0, 921600, tx=Pin(0), rx=Pin(1), rxbuf=8192, timeout=0)
_sockets = {}
_rest = bytearray()
_last = 0


def _take():
    global _rest
    n = _uart.any()
    if n:
        _rest += _uart.read(n)
    while len(_rest) >= 4:
        size = _rest[2] << 8 | _rest[3]
        if len(_rest) < 4 + size:
            break
        s = _sockets.get(_rest[0])
        kind = _rest[1]
        if s and kind == _DATA:
            s.got += _rest[4 : 4 + size]
        elif s:
            s.state = kind
        _rest = _rest[4 + size :]


def _send(number, kind, data=b""):
    _write(bytes((number, kind, len(data) >> 8, len(data) & 255)))
    _write(data)


def _write(data):
    at = 0
    while at < len(data):
        at += _uart.write(data[at : at + 256]) or 0


def getaddrinfo(host, port, *more):
    return [(AF_INET, SOCK_STREAM, 0, "", (host, port))]


class socket(io.IOBase):
    def __init__(self, *kind):
        global _last
        _last = self.number = _last % 250 + 1
        self.got = bytearray()
        self.state = 0
        self.timeout = None
        _sockets[self.number] = self

    def settimeout(self, seconds):
        self.timeout = seconds

    def setblocking(self, on):
        self.timeout = None if on else 0

    def setsockopt(self, *option):
        pass

    def _until(self, holds):
        start = ticks_ms()
        while True:
            _take()
            if holds():
                return True
            if self.timeout is not None and ticks_diff(ticks_ms(), start) >= self.timeout * 1000:
                return False
            sleep_ms(1)

    def connect(self, address):
        _send(self.number, _OPEN, ("%s:%d" % address[:2]).encode())
        if not self._until(lambda: self.state):
            raise OSError(110)
        if self.state == _CLOSE:
            raise OSError(111)

    def read(self, n=-1):
        if not self._until(lambda: self.got or self.state == _CLOSE):
            return None
        n = len(self.got) if n < 0 else n
        b, self.got = bytes(self.got[:n]), self.got[n:]
        return b

    def readinto(self, b, n=None):
        got = self.read(len(b) if n is None else min(n, len(b)))
        if got is None:
            return None
        b[: len(got)] = got
        return len(got)

    def write(self, b):
        _take()
        if self.state == _CLOSE:
            raise OSError(104)
        b = bytes(b)
        for at in range(0, len(b), _PIECE):
            _send(self.number, _DATA, b[at : at + _PIECE])
        return len(b)

    def ioctl(self, request, arg):
        if request == 3:
            _take()
            return (arg & 1 if self.got or self.state == _CLOSE else 0) | arg & 4
        return 0

    def close(self):
        if _sockets.pop(self.number, None):
            _send(self.number, _CLOSE)
