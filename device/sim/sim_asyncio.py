# The part of asyncio that umqtt2.aio uses, for the simulated board: its MicroPython has one that hands control to a browser.
# steps() runs a coroutine as a loop() that can be stepped.
import sys
from time import sleep_ms as _sleep_ms
from time import ticks_add, ticks_diff, ticks_ms

_tasks = []


class CancelledError(BaseException):
    pass


class Task:
    def __init__(self, coro):
        self.coro = coro
        self.at = ticks_ms()
        self.thrown = None
        self.error = None
        self.ended = False

    def cancel(self):
        self.thrown = CancelledError()
        self.at = ticks_ms()

    def done(self):
        return self.ended

    def step(self):
        thrown, self.thrown = self.thrown, None
        try:
            ms = self.coro.throw(thrown) if thrown else self.coro.send(None)
            self.at = ticks_add(ticks_ms(), ms)
        except StopIteration:
            self.ended = True
        except CancelledError:
            self.ended = True
        except Exception as e:
            self.ended = True
            self.error = e
        if self.ended:
            _tasks.remove(self)


class Event:
    def __init__(self):
        self.flag = False

    def is_set(self):
        return self.flag

    def set(self):
        self.flag = True

    def clear(self):
        self.flag = False

    def wait(self):
        while not self.flag:
            yield 5


def create_task(coro):
    task = Task(coro)
    _tasks.append(task)
    return task


def sleep_ms(ms):
    yield ms


def steps(coro):
    main = create_task(coro)
    while not main.ended:
        now = ticks_ms()
        due = [each for each in _tasks if ticks_diff(each.at, now) <= 0]
        for task in due:
            if not task.ended:
                task.step()
        if not due:
            _sleep_ms(min(ticks_diff(each.at, now) for each in _tasks))
        yield
    if main.error:
        raise main.error


sys.modules["asyncio"] = sys.modules[__name__]
