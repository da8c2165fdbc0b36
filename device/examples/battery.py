# main.py for a board on a battery: it measures, publishes at QoS 2, sleeps for ten minutes, and does so from the beginning.
# A message that did not get through is in the journal, and goes out the next time.
import json
from machine import WDT, deepsleep
from time import sleep_ms, ticks_diff, ticks_ms

from app import checked, temperature
from umqtt2.client import MQTTClient
from umqtt2.journal import Journal
from umqtt2.wifi import Wifi

SLEEP_MS = 600_000
AWAKE_MS = 20_000  # at most


def loop():
    with open("/config.json") as f:
        config = checked(json.load(f))
    dog = WDT(timeout=8300)
    start = ticks_ms()
    c = MQTTClient(config["id"], config["host"], config.get("port") or 0, journal=Journal(), ack_timeout=5)
    c.wait = dog.feed
    if not c.can_publish():
        c.drop(c.store.out[0].pid)  # the oldest makes room
    c.publish(config["id"] + "/temperature", "%.1f" % temperature(), False, 2, False)
    wifi = Wifi(config.get("ssid"), config.get("key"), config.get("country"))
    while c.pending() and ticks_diff(ticks_ms(), start) < AWAKE_MS:
        dog.feed()
        try:
            if c.sock:
                c.check_msg()
            elif wifi.up():
                c.connect(timeout=3)
        except OSError as e:
            print("offline:", e)
            sleep_ms(1000)
        sleep_ms(20)
        yield
    if c.sock:
        c.disconnect()
    deepsleep(SLEEP_MS)
