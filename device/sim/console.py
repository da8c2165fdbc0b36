# What arrives over USB on the simulated board; stands for sys.stdin, which the simulation cannot read.
import _sim
import io


class Console(io.IOBase):
    def ioctl(self, request, arg):
        return _sim.console_ready() if request == 3 else -1

    def readline(self, limit=1 << 20):
        return _sim.console_line(limit)


stdin = Console()
