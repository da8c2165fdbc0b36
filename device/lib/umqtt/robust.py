# Put this in the place of umqtt.robust: the same names. Its calls come back when the connection has, and a message at QoS 1 or 2
# goes out again under its own id.
from errno import ENOBUFS
from time import sleep

from umqtt2.client import MQTTClient as Client, MQTTException


class MQTTClient(Client):
    DELAY = 2
    DEBUG = False
    _mine = None  # id of the message that publish() waits for
    _lost = 0  # why that will never be complete

    def delay(self, i):
        sleep(self.DELAY)

    def log(self, in_reconnect, e):
        if self.DEBUG:
            print("mqtt reconnect: %r" % e if in_reconnect else "mqtt: %r" % e)

    def reconnect(self):
        # Keeps the session. Returns Session Present.
        i = 0
        while True:
            try:
                return self.connect(False)
            except OSError as e:
                self.log(True, e)
                i += 1
                self.delay(i)

    def publish(self, topic, msg, retain=False, qos=0, wait=True):
        # Returns when the exchange is complete, over any number of connections. Raises MQTTException where it never will be, and
        # ENOBUFS or 28 where there was no room for the message.
        while True:
            try:
                pid = super().publish(topic, msg, retain, qos, False)
                break
            except OSError as e:
                if e.errno in (ENOBUFS, 28):
                    raise
                self.log(False, e)
                if self._in_cb:
                    raise
                pid = self.store.last_id  # taken, and the connection lost on it
            self.reconnect()
            if qos:
                break
        if qos and wait and not self._in_cb:
            self._mine = pid
            self._lost = 0
            while self.store.find(pid) and not self._lost:
                try:
                    super().wait_msg()
                except OSError as e:
                    self.log(False, e)
                    if not self._lost:
                        self.reconnect()
            self._mine = None
            if self._lost:
                self.drop(pid)
                raise MQTTException(self._lost)
        return pid

    def wait_msg(self):
        while True:
            try:
                return super().wait_msg()
            except OSError as e:
                self.log(False, e)
            self.reconnect()

    def check_msg(self, attempts=2):
        while attempts:
            try:
                return super().check_msg()
            except OSError as e:
                self.log(False, e)
            self.reconnect()
            attempts -= 1

    def _tell(self, pids, code):
        if code < 0 and self._mine in pids:
            self._lost = code
        super()._tell(pids, code)
