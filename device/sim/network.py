# Wi-Fi of the simulated board: up as long as the harness leaves the link up.
import _sim

STA_IF = 0
AP_IF = 1
STAT_IDLE = 0
STAT_CONNECTING = 1
STAT_GOT_IP = 3
STAT_CONNECT_FAIL = -1
STAT_NO_AP_FOUND = -2
STAT_WRONG_PASSWORD = -3
WRONG_KEY = "wrong"  # with any other, the network lets the board in


def country(code=None):
    return code


def hostname(name=None):
    return name or "picow"


class WLAN:
    def __init__(self, interface=STA_IF):
        self.joined = False
        self.refused = False

    def active(self, on=None):
        if on is False:
            self.joined = False
        return True

    def config(self, *names, **values):
        return 0

    def connect(self, ssid=None, key=None, **more):
        self.refused = key == WRONG_KEY
        self.joined = not self.refused

    def disconnect(self):
        self.joined = False

    def isconnected(self):
        return self.joined and bool(_sim.link())

    def status(self, what=None):
        if self.refused:
            return STAT_WRONG_PASSWORD
        return STAT_GOT_IP if self.isconnected() else STAT_IDLE

    def ifconfig(self, addresses=None):
        return ("127.0.0.1", "255.0.0.0", "127.0.0.1", "127.0.0.1")
