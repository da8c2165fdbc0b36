# Runs before boot.py: takes out what differs between this MicroPython and a board's.
import sys
import time

import _sim

sys.path.append("/sim")

# Time that the harness can move, and waits that let it in. The `pass` after each call is where a KeyboardInterrupt is raised.


def sleep_ms(ms):
    if ms > 0 and _sim.sleep_ms(int(ms)):
        pass


time.sleep_ms = sleep_ms
time.sleep = lambda s: sleep_ms(s * 1000)
time.sleep_us = lambda us: sleep_ms(us // 1000)
time.ticks_ms = lambda: _sim.ticks_ms()
time.ticks_us = lambda: _sim.ticks_us()
time.time = lambda: _sim.seconds()
sys.modules["utime"] = time

# Python versions of these stand before the C ones that a board has.
import ubinascii  # noqa: E402
import ucollections  # noqa: E402
import uio  # noqa: E402
import uos  # noqa: E402

sys.modules["binascii"] = ubinascii
sys.modules["collections"] = ucollections
sys.modules["io"] = uio


class os:
    # The simulated flash spoils the first of two absolute paths.
    def rename(old, new):
        uos.rename(old.lstrip("/"), new.lstrip("/"))


for _name in dir(uos):
    if _name != "rename":
        setattr(os, _name, getattr(uos, _name))
sys.modules["os"] = os


class poll:
    def __init__(self):
        self.objects = {}

    def register(self, o, events=5):
        self.objects[id(o)] = (o, events)

    modify = register

    def unregister(self, o):
        self.objects.pop(id(o), None)

    def poll(self, timeout=-1):
        start = time.ticks_ms()
        while True:
            turn = _sim.turn()
            found = []
            for o, events in self.objects.values():
                flags = o.ioctl(3, events)
                if flags:
                    found.append((o, flags))
            left = timeout - time.ticks_diff(time.ticks_ms(), start) if timeout >= 0 else -1
            if found or timeout >= 0 and left <= 0:
                return found
            _sim.wait(turn, left)

    def ipoll(self, timeout=-1, flags=0):
        return iter(self.poll(timeout))


class select:
    poll = poll
    POLLIN = 1
    POLLOUT = 4
    POLLERR = 8
    POLLHUP = 16


sys.modules["select"] = select
sys.modules["uselect"] = select


def stepper(generator):
    # One turn of the firmware's loop; the peak of the heap in it, 0 at the end.
    # Here memory is only collected between turns, so the peak includes the turn's garbage: an upper bound.
    import gc

    def step():
        for _ in generator:
            peak = gc.mem_alloc()
            gc.collect()
            return peak
        return 0

    return step
