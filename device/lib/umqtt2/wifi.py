# Wi-Fi that is asked again and again and never blocks.
import network
from time import ticks_diff, ticks_ms

PATIENCE_MS = 15000  # for one attempt, DHCP included

# What status() says, in words, where it is worth saying.
WORDS = {
    "STAT_WRONG_PASSWORD": "wrong key",
    "STAT_NO_AP_FOUND": "no such network in reach",
    "STAT_CONNECT_FAIL": "the network refused",
    "STAT_CONNECTING": "still connecting",
    "STAT_IDLE": "idle",
    "STAT_GOT_IP": "connected",
}


class Wifi:
    def __init__(self, ssid, key=None, country=None):
        self.ssid = ssid
        self.key = key
        self.since = None
        self.said = None
        if country:
            network.country(country)
        self.wlan = network.WLAN(network.STA_IF)

    def status(self):
        code = self.wlan.status()
        for name, words in WORDS.items():
            if getattr(network, name, None) == code:
                return words
        return "joined, waiting for an address" if code == 2 else "status %s" % code

    def up(self):
        # True when there is a link; else starts an attempt, or gives up one that takes too long.
        if self.wlan.isconnected():
            self.said = None
            return True
        if self.since is None:
            self.begin()
        elif ticks_diff(ticks_ms(), self.since) > PATIENCE_MS:
            self.tell()
            self.begin()
        return False

    def begin(self):
        self.since = ticks_ms()
        self.wlan.active(False)
        self.wlan.active(True)
        self.wlan.config(pm=0xA11140)  # no power saving: it delays packets by 100 ms and more
        self.wlan.connect(self.ssid, self.key)

    def tell(self):
        # Why there is no link, once for each reason.
        words = self.status()
        if words != self.said:
            self.said = words
            print("wifi %s: %s" % (self.ssid, words))

    def drop(self):
        # A link can be up in name only, when the access point forgot us. The next up() begins anew.
        self.wlan.active(False)
        self.since = None
