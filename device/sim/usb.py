# sys.stdin of the simulated board, whose own the simulation cannot read: what arrives over USB.
import _sim
import io
import sys


class Stdin(io.IOBase):
    def ioctl(self, request, arg):
        return _sim.console_ready() if request == 3 else -1

    def readline(self, limit=-1):
        # A board allocates what it may have to hold before the first character.
        # Little ones are left out: here they are never collected within a turn.
        room = bytearray(limit if limit > 1024 else 16)
        line = _sim.console_line(limit if limit >= 0 else 1 << 20)
        del room
        return line


class _sys:
    stdin = Stdin()


for _name in dir(sys):
    if _name != "stdin":
        setattr(_sys, _name, getattr(sys, _name))
sys.modules["sys"] = _sys
