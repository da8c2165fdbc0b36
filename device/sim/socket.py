# TCP of the simulated board. Each socket is a character device, so that MicroPython's own stream code in C does
# read, readline, readinto and write, just as on a board.
import _sim
import io

AF_INET = 2
SOCK_STREAM = 1
SOL_SOCKET = 1
SO_REUSEADDR = 4
IPPROTO_TCP = 6
TCP_NODELAY = 1
_POLL = 3
_CLOSE = 4
_HUP_OR_ERROR = 24


def getaddrinfo(host, port, af=0, type=0, proto=0, flags=0):
    address = _sim.resolve(host)
    if not address:
        raise OSError(-2)
    return [(AF_INET, SOCK_STREAM, 0, "", (address, port))]


def _check(code):
    if code > 0:
        raise OSError(code)


class socket(io.IOBase):
    def __init__(self, af=AF_INET, type=SOCK_STREAM, proto=0):
        self.id = _sim.sock_new()
        self.file = f = open("/dev/net%d" % self.id, "r+b")
        self.read = f.read
        self.readinto = f.readinto
        self.recv_into = f.readinto
        self.readline = f.readline
        self.write = f.write
        self.sendall = f.write

    def connect(self, address):
        _check(_sim.sock_connect(self.id, address[0], address[1]))

    def settimeout(self, seconds):
        _sim.sock_timeout(self.id, -1 if seconds is None else int(seconds * 1000))

    def setblocking(self, on):
        _sim.sock_timeout(self.id, -1 if on else 0)

    def setsockopt(self, *option):
        pass

    def send(self, data):
        n = self.file.write(data)
        if n is None:
            raise OSError(11)
        return n

    def recv(self, size):
        n = _sim.sock_ready(self.id)
        _check(-n)
        return self.file.read(min(n, size)) if n else b""

    def makefile(self, *mode):
        return self

    def close(self):
        self.file.close()

    def ioctl(self, request, arg):
        if request == _POLL:
            return _sim.sock_poll(self.id) & (arg | _HUP_OR_ERROR)
        if request == _CLOSE:
            self.close()
            return 0
        return -1

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()
