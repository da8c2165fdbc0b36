# Wi-Fi that is asked again and again and never blocks.
import network
from time import ticks_diff, ticks_ms

PATIENCE_MS = 15000  # for one attempt, DHCP included


class Wifi:
    def __init__(self, ssid, key=None, country=None):
        self.ssid = ssid
        self.key = key
        self.since = None
        if country:
            network.country(country)
        self.wlan = network.WLAN(network.STA_IF)

    def up(self):
        # True when there is a link; else starts an attempt, or gives up one that takes too long.
        if self.wlan.isconnected():
            return True
        if self.since is None or ticks_diff(ticks_ms(), self.since) > PATIENCE_MS:
            self.since = ticks_ms()
            self.wlan.active(False)
            self.wlan.active(True)
            self.wlan.config(pm=0xA11140)  # no power saving: it delays packets by 100 ms and more
            self.wlan.connect(self.ssid, self.key)
        return False

    def drop(self):
        # A link can be up in name only, when the access point forgot us. The next up() begins anew.
        self.wlan.active(False)
        self.since = None
