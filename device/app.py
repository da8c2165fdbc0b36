# Publishes the board's temperature at QoS 2 and obeys LED commands that arrive at QoS 2.
#
#   <id>/temperature   degrees Celsius, one message per interval, each arrives exactly once
#   <id>/led/set       "on", "off" or "toggle"
#   <id>/led           state of the LED, retained
#   <id>/status        "online", or "offline" when the board vanishes, retained
#
# loop() is a generator: whoever runs it decides what happens between two turns. Only loop() feeds the watchdog.
import json
import random
from machine import ADC, WDT, Pin
from time import sleep_ms, ticks_add, ticks_diff, ticks_ms

from umqtt2.client import MQTTClient, MQTTException
from umqtt2.journal import Journal
from umqtt2.wifi import Wifi

TURN_MS = 50
OFFLINE_TURN_MS = 500
RETRY_MIN_MS = 1000
RETRY_MAX_MS = 60000


def temperature():
    volts = ADC(4).read_u16() * 3.3 / 65535
    return 27 - (volts - 0.706) / 0.001721


def backoff(ms):
    # The next pause, and this one with jitter: boards that lost one broker do not return all at once.
    return min(ms * 2, RETRY_MAX_MS), ms // 2 + random.randint(0, ms // 2)


class App:
    def __init__(self, config):
        self.id = config["id"]
        self.interval_ms = config.get("interval_s", 60) * 1000
        self.led = Pin("LED", Pin.OUT)
        self.wifi = Wifi(config.get("ssid"), config.get("key"), config.get("country"))
        self.client = c = MQTTClient(
            self.id,
            config["host"],
            config.get("port", 0),
            config.get("user"),
            config.get("password"),
            config.get("keepalive", 60),
            config.get("ssl"),
            journal=Journal(),
            ack_timeout=5,  # below the watchdog's 8.3 s
        )
        c.set_callback(self.on_message)
        c.set_last_will(self.id + "/status", "offline", True, 1)
        self.subscribed = False
        self.next_at = ticks_ms()

    def connect(self):
        self.client.connect()
        if not self.subscribed:
            self.client.subscribe(self.id + "/led/set", 2)
            self.subscribed = True
        self.tell("status", "online")
        self.tell_led()

    def tell(self, what, value):
        # Retained, and told anew with every connection. At QoS 0 it takes no slot of the journal: one that is full of readings
        # would refuse it, and nothing may stand in the way of their going out.
        self.client.publish(self.id + "/" + what, value, True)

    def tell_led(self):
        self.tell("led", "on" if self.led.value() else "off")

    def on_message(self, topic, msg):
        if msg == b"toggle":
            self.led.toggle()
        elif msg in (b"on", b"off"):
            self.led.value(msg == b"on")
        self.tell_led()

    def measure(self):
        # Offline too: the journal keeps readings until it is full, then new ones are dropped.
        if ticks_diff(ticks_ms(), self.next_at) < 0:
            return
        self.next_at = ticks_add(self.next_at, self.interval_ms)
        try:
            self.client.publish(self.id + "/temperature", "%.1f" % temperature(), False, 2, False)
        except OSError as e:
            print("reading dropped:", e)


def loop(config=None):
    if config is None:
        with open("/config.json") as f:
            config = json.load(f)
    app = App(config)
    dog = WDT(timeout=8300)
    retry = RETRY_MIN_MS
    connect_at = ticks_ms()
    while True:
        dog.feed()
        app.measure()
        try:
            if app.client.sock:
                while app.client.check_msg() is not None:
                    dog.feed()
            elif app.wifi.up() and ticks_diff(ticks_ms(), connect_at) >= 0:
                app.connect()
                retry = RETRY_MIN_MS
        except (OSError, MemoryError, MQTTException) as e:
            print("offline:", repr(e))
            app.client.close()
            retry, pause = backoff(retry)
            connect_at = ticks_add(ticks_ms(), pause)
        sleep_ms(TURN_MS if app.client.sock else OFFLINE_TURN_MS)
        yield
