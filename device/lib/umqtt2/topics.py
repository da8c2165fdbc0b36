# A callback for each topic filter:
#
#   topics = Topics()
#   topics.on("pico-1/led/set", led)
#   topics.on("pico-1/+/config/#", configure)
#   client.set_callback(topics, client.can_publish)


def matches(filter, topic):
    # Both as bytes or both as text. A wildcard at the beginning does not match what begins with $.
    if topic[:1] in ("$", b"$") and filter[:1] in ("+", "#", b"+", b"#"):
        return False
    text = isinstance(filter, str)
    slash, plus, hash = ("/", "+", "#") if text else (b"/", b"+", b"#")
    wanted = filter.split(slash)
    levels = topic.split(slash)
    for i, each in enumerate(wanted):
        if each == hash:
            return True
        if i >= len(levels) or each != plus and each != levels[i]:
            return False
    return len(wanted) == len(levels)


class Topics:
    def __init__(self, other=None):
        self.filters = []  # with their callbacks, in the order of on()
        self.other = other  # called for what matches none

    def on(self, filter, f):
        self.filters.append((filter.encode() if isinstance(filter, str) else filter, f))

    def off(self, filter):
        filter = filter.encode() if isinstance(filter, str) else filter
        self.filters = [each for each in self.filters if each[0] != filter]

    def __call__(self, topic, msg):
        found = False
        for filter, f in self.filters:
            if matches(filter, topic):
                found = True
                f(topic, msg)
        if not found and self.other:
            self.other(topic, msg)
