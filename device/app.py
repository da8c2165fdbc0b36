# Publishes the board's temperature at QoS 2 and obeys LED commands that arrive at QoS 2.
#
#   <id>/temperature   degrees Celsius, one message per interval, each arrives exactly once
#   <id>/led/set       "on", "off" or "toggle"
#   <id>/led           state of the LED, retained
#   <id>/status        "online", or "offline" when the board vanishes, retained
#
# loop() is a generator: whoever runs it decides what happens between two turns. The watchdog is fed by loop(), and by the client
# while it waits for the rest of a packet, for which its time is bounded.
import json
import random
from machine import ADC, WDT, Pin
from time import sleep_ms, ticks_add, ticks_diff, ticks_ms

from umqtt2.client import MQTTClient
from umqtt2.journal import Journal
from umqtt2.wifi import Wifi

TURN_MS = 50
OFFLINE_TURN_MS = 500
RETRY_MIN_MS = 1000
RETRY_MAX_MS = 60000
PEACE_MS = 60000  # a connection that lasts so long, or on which something is acknowledged, is a good one
DOG_MS = 8300
DIAL_S = 3  # twice in one turn, for TCP and for CONNACK: together well below DOG_MS


def temperature():
    volts = ADC(ADC.CORE_TEMP).read_u16() * 3.3 / 65535
    return 27 - (volts - 0.706) / 0.001721


def backoff(ms):
    # The next pause, and this one with jitter: boards that lost one broker do not return all at once.
    return min(ms * 2, RETRY_MAX_MS), ms // 2 + random.randint(0, ms // 2)


def text(value):
    return isinstance(value, str) and value != ""


def number(least, most):
    return lambda value: isinstance(value, (int, float)) and least <= value <= most


# What may stand in config.json: what it must be, and in words.
KEYS = {
    "id": (text, "a text"),
    "host": (text, "a text"),
    "port": (number(0, 65535), "a number from 0 to 65535"),
    "ssid": (text, "a text"),
    "key": (text, "a text"),
    "country": (text, "two letters"),
    "user": (text, "a text"),
    "password": (text, "a text"),
    "ssl": (lambda value: isinstance(value, bool), "true or false"),
    "keepalive": (number(0, 65535), "a number of seconds from 0 to 65535"),
    "interval_s": (number(0.1, 31536000), "a number of seconds from 0.1 to a year"),
}


def checked(config):
    # Raises ValueError with the key that is wrong.
    for key in ("id", "host"):
        if config.get(key) is None:
            raise ValueError("config.json: %s is missing" % key)
    for key, value in config.items():
        if key not in KEYS:
            print("config.json: %s is not known" % key)
        elif value is not None and not KEYS[key][0](value):
            raise ValueError("config.json: %s must be %s, not %s" % (key, KEYS[key][1], json.dumps(value)))
    return config


def read_config():
    try:
        with open("/config.json") as f:
            return json.load(f)
    except OSError:
        raise ValueError("config.json is missing: copy config.example.json")
    except ValueError:
        raise ValueError("config.json is no JSON")


class App:
    def __init__(self, config):
        self.id = config["id"]
        self.interval_ms = int(config.get("interval_s", 60) * 1000)
        self.led = Pin("LED", Pin.OUT)
        self.wifi = Wifi(config.get("ssid"), config.get("key"), config.get("country"))
        self.client = c = MQTTClient(
            self.id,
            config["host"],
            config.get("port") or 0,
            config.get("user"),
            config.get("password"),
            config.get("keepalive", 60),
            config.get("ssl"),
            journal=Journal(),
            ack_timeout=5,
        )
        c.set_callback(self.on_message)
        c.set_done_callback(self.on_done)
        c.set_last_will(self.id + "/status", "offline", True, 1)
        self.subscribed = False
        self.asked = None  # id of SUBSCRIBE
        self.acknowledged = False
        self.left_ms = 0  # until the next reading: a tick counter turns over within a week
        self.seen = ticks_ms()

    def connect(self):
        self.acknowledged = False
        self.client.connect(timeout=DIAL_S)
        if not self.subscribed:
            self.asked = self.client.subscribe(self.id + "/led/set", 2, False)
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

    def on_done(self, pid, code):
        # Of a reading, or of the subscription: that one is asked for with every connection until the broker grants it.
        if code < 0:
            print("reading %d: %s" % (pid, "session lost, it may not have arrived" if code == -1 else "given up, the broker refuses it"))
            self.client.drop(pid)
            return
        self.acknowledged = True
        if pid == self.asked:
            self.asked = None
            self.subscribed = code < 0x80
            if not self.subscribed:
                print("commands refused")

    def measure(self):
        # Offline too: the journal keeps readings until it is full, then new ones are dropped.
        now = ticks_ms()
        self.left_ms -= ticks_diff(now, self.seen)
        self.seen = now
        if self.left_ms > 0:
            return
        self.left_ms = max(0, self.left_ms + self.interval_ms)
        try:
            self.client.publish(self.id + "/temperature", "%.1f" % temperature(), False, 2, False)
        except OSError as e:
            print("reading dropped:", e)


def loop(config=None):
    app = App(checked(read_config() if config is None else config))
    dog = WDT(timeout=DOG_MS)
    app.client.wait = dog.feed
    retry = RETRY_MIN_MS
    at = ticks_ms()  # of the next attempt, or of the present connection
    while True:
        dog.feed()
        app.measure()
        try:
            if app.client.sock:
                while app.client.check_msg() is not None:
                    dog.feed()
                if app.acknowledged or ticks_diff(ticks_ms(), at) > PEACE_MS:
                    retry = RETRY_MIN_MS
            elif app.wifi.up() and ticks_diff(ticks_ms(), at) >= 0:
                app.connect()
                at = ticks_ms()
        except Exception as e:  # also a certificate that is refused, or a MicroPython without ssl
            print("offline:", repr(e))
            app.client.close()
            if retry == RETRY_MAX_MS:
                app.wifi.drop()
            retry, pause = backoff(retry)
            at = ticks_add(ticks_ms(), pause)
        sleep_ms(TURN_MS if app.client.sock else OFFLINE_TURN_MS)
        yield
