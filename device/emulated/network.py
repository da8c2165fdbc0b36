# Wi-Fi of a plain Pico that is emulated: always up.
STA_IF = 0


def country(code=None):
    return code


class WLAN:
    def __init__(self, interface=STA_IF):
        pass

    def active(self, on=None):
        return True

    def config(self, *names, **values):
        return 0

    def connect(self, *more):
        pass

    def isconnected(self):
        return True

    def status(self, *what):
        return 3

    def ifconfig(self, *more):
        return ("127.0.0.1",) * 4
