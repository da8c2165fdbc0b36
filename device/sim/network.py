# Wi-Fi of the simulated board: up as long as the harness leaves the link up.
import _sim

STA_IF = 0
AP_IF = 1
STAT_IDLE = 0
STAT_CONNECTING = 1
STAT_GOT_IP = 3


def country(code=None):
    return code


def hostname(name=None):
    return name or "picow"


class WLAN:
    def __init__(self, interface=STA_IF):
        self.joined = False

    def active(self, on=None):
        if on is False:
            self.joined = False
        return True

    def config(self, *names, **values):
        return 0

    def connect(self, ssid=None, key=None, **more):
        self.joined = True

    def disconnect(self):
        self.joined = False

    def isconnected(self):
        return self.joined and bool(_sim.link())

    def status(self, what=None):
        return STAT_GOT_IP if self.isconnected() else STAT_IDLE

    def ifconfig(self, addresses=None):
        return ("127.0.0.1", "255.0.0.0", "127.0.0.1", "127.0.0.1")
