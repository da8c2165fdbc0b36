# umqtt2 for asyncio. It connects, comes back by itself, and never keeps other tasks waiting for the network, but for a TLS handshake.
#
#   async with Client("pico-1", "192.168.1.10", keepalive=60, journal=Journal()) as c:
#       await c.subscribe("pico-1/led/set", 2)
#       await c.publish("pico-1/temperature", "21.5", qos=2)   # returns when PUBCOMP came, over any number of connections
#       async for topic, msg, retained in c:
#           ...
import asyncio
import errno
import random
import select
from time import ticks_diff, ticks_ms

from .client import MQTTClient, MQTTException, _deadline

_TURN_MS = 10
_PEACE_MS = 60000  # of a connection, after which the next pause is short again


class Client:
    def __init__(self, *args, queue=16, retry_ms=(1000, 60000), link=None, timeout=5, client=MQTTClient, **options):
        # `link`: a function that is true while there is a network, such as Wifi.up. `client`: MQTT5Client for MQTT 5.0.
        self.mqtt = m = client(*args, **options)
        m.set_callback(self._take, self._has_room)
        m.set_done_callback(self._done)
        self.up = asyncio.Event()
        self.down = asyncio.Event()
        self.down.set()
        self.error = None  # why there is no connection
        self.properties = None  # in 5.0, those of the message that was handed out last
        self.dropped = 0  # messages at QoS 0 for which the queue had no room
        self.link = link
        self.timeout = timeout  # seconds for TCP, and for CONNACK
        self._queue = []
        self._size = queue
        self._codes = {}  # by the id of a request that somebody waits for
        self._retry_ms = retry_ms
        self._well = False
        self._task = None

    def isconnected(self):
        return self.up.is_set()

    async def __aenter__(self):
        self.start()
        await self.up.wait()
        return self

    async def __aexit__(self, *error):
        await self.close()

    def start(self):
        if not self._task:
            self._task = asyncio.create_task(self._run())

    async def close(self):
        # What is in flight stays in the journal.
        task, self._task = self._task, None
        if task:
            task.cancel()
        if self.mqtt.sock:
            try:
                self.mqtt.disconnect()
            except OSError:
                pass
        self._lost(None)

    async def publish(self, topic, msg, retain=False, qos=0, **more):
        # `more`: properties, in 5.0. At QoS 0: as soon as there is a connection. At QoS 1 and 2: returns when the exchange is complete. Raises MQTTException with
        # the code where it never will be. One that is cancelled stays published.
        m = self.mqtt
        if not qos:
            while True:
                await self.up.wait()
                try:
                    m.publish(topic, msg, retain, **more)
                    return
                except OSError as e:
                    self._lost(e)
        while not m.can_publish():
            await asyncio.sleep_ms(_TURN_MS)
        try:
            pid = m.publish(topic, msg, retain, qos, False, **more)
        except OSError as e:
            if e.errno in (errno.ENOBUFS, 28):
                raise
            pid = m.store.last_id  # taken, and the connection lost on it
            self._lost(e)
        code = await self._answer(pid)
        if code < 0 or code >= 0x80:
            raise MQTTException(code)
        return pid

    async def subscribe(self, topic, qos=0, **more):
        return await self._request(lambda: self.mqtt.subscribe(topic, qos, False, **more))

    async def unsubscribe(self, topic):
        return await self._request(lambda: self.mqtt.unsubscribe(topic, False))

    def __aiter__(self):
        return self

    async def __anext__(self):
        while not self._queue:
            if not self._task:
                raise StopAsyncIteration
            await asyncio.sleep_ms(_TURN_MS)
        self.properties, *message = self._queue.pop(0)
        return tuple(message)

    async def _request(self, ask):
        # Asked again with every connection until it is answered.
        while True:
            await self.up.wait()
            try:
                pid = ask()
            except OSError as e:
                self._lost(e)
                continue
            code = await self._answer(pid, self.down)
            if code is not None:
                if code >= 0x80:
                    raise MQTTException(code)
                return code

    async def _answer(self, pid, end=None):
        self._codes[pid] = None
        try:
            while self._codes[pid] is None:
                if end and end.is_set():
                    return None
                await asyncio.sleep_ms(_TURN_MS)
            return self._codes[pid]
        finally:
            del self._codes[pid]

    def _done(self, pid, code):
        if code >= 0:
            self._well = True
        if pid in self._codes:
            self._codes[pid] = code
        elif code == -2:
            self.mqtt.drop(pid)

    def _has_room(self):
        return len(self._queue) < self._size

    def _take(self, topic, msg):
        if self._has_room():
            self._queue.append((self.mqtt.properties, topic, msg, bool(self.mqtt.op & 1)))
        else:
            self.dropped += 1

    def _lost(self, error):
        self.error = error
        self.mqtt.close()
        self.up.clear()
        self.down.set()

    async def _run(self):
        least, most = self._retry_ms
        pause = least
        m = self.mqtt
        while True:
            if self.link and not self.link():
                await asyncio.sleep_ms(200)
                continue
            try:
                await self._connect()
                since = ticks_ms()
                self._well = False
                self.error = None
                self.down.clear()
                self.up.set()
                while m.sock:
                    if m.check_msg() is None:
                        await asyncio.sleep_ms(_TURN_MS)
                    else:
                        await asyncio.sleep_ms(0)
                    if self._well or ticks_diff(ticks_ms(), since) > _PEACE_MS:
                        pause = least
                self._lost(None)  # closed by the application
            except (OSError, ValueError, MemoryError, ImportError, MQTTException) as e:
                self._lost(e)
            await asyncio.sleep_ms(pause // 2 + random.randint(0, pause // 2))
            pause = min(pause * 2, most)

    async def _connect(self):
        m = self.mqtt
        m.close()
        try:
            if m.dial or m.ssl:
                m._dial(self.timeout)
            else:
                m._attach(await self._tcp())
            m._until = _deadline(self.timeout)
            m._hello()
            await self._until(m._poll)
            m._resume(m._welcome())
        except BaseException:
            m.close()
            raise

    async def _tcp(self):
        import socket

        m = self.mqtt
        family, _, _, _, address = (m.lookup or socket.getaddrinfo)(m.server, m.port)[0]
        s = socket.socket(family)
        try:
            s.setblocking(False)
            try:
                s.connect(address)
            except OSError as e:
                if e.errno != errno.EINPROGRESS:
                    raise
            poll = select.poll()
            poll.register(s, select.POLLOUT)
            await self._until(poll)
            if poll.poll(0)[0][1] & (select.POLLERR | select.POLLHUP):
                raise OSError(errno.ECONNREFUSED)
        except BaseException:
            s.close()
            raise
        return s

    async def _until(self, poll):
        end = _deadline(self.timeout)
        while not poll.poll(0):
            if ticks_diff(end, ticks_ms()) < 0:
                raise OSError(errno.ETIMEDOUT)
            await asyncio.sleep_ms(_TURN_MS)
