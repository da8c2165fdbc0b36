# The parts of `machine` that firmware uses, on the simulated board.
import _sim
import time
from binascii import unhexlify

PWRON_RESET = 1
WDT_RESET = 3


def unique_id():
    return unhexlify(_sim.uid())


def reset():
    _sim.reset()


soft_reset = reset


def deepsleep(ms=0):
    time.sleep_ms(ms)
    _sim.reset()


def reset_cause():
    return _sim.reset_cause()


def freq(hz=None):
    return 125_000_000


def idle():
    pass


class Pin:
    IN = 0
    OUT = 1

    def __init__(self, name, mode=IN, value=0):
        self.name = str(name)
        self.level = value

    def value(self, level=None):
        if level is None:
            return self.level
        self.level = 1 if level else 0
        _sim.pin(self.name, self.level)

    __call__ = value

    def on(self):
        self.value(1)

    def off(self):
        self.value(0)

    def toggle(self):
        self.value(not self.level)


class ADC:
    CORE_TEMP = 4

    def __init__(self, channel):
        self.channel = channel

    def read_u16(self):
        return 14022  # 0.706 V: 27 degrees Celsius on channel 4


class WDT:
    def __init__(self, id=0, timeout=5000):
        if not 0 < timeout <= 8388:
            raise ValueError("timeout exceeds 8388")
        _sim.watch(timeout)

    def feed(self):
        _sim.feed()
