from typing import Any, Optional

from .client import MQTTClient, Text

Properties = dict[int, Any]

def block(properties: Properties) -> bytes: ...
def parsed(b: bytes, allowed: Any) -> Properties: ...

class MQTT5Client(MQTTClient):
    session_expiry: int
    receive_maximum: int
    connect_properties: Properties
    granted: Properties
    reason: Optional[int]
    def __init__(self, *args: Any, session_expiry: int = ..., receive_maximum: int = 16, **options: Any) -> None: ...
    def set_last_will(
        self, topic: Text, msg: Text, retain: bool = False, qos: int = 0, properties: Optional[Properties] = None
    ) -> None: ...
    def publish(
        self,
        topic: Text,
        msg: Text,
        retain: bool = False,
        qos: int = 0,
        wait: bool = True,
        properties: Optional[Properties] = None,
    ) -> Optional[int]: ...
    def subscribe(
        self, topic: Text, qos: int = 0, wait: bool = True, properties: Optional[Properties] = None
    ) -> int: ...
    def disconnect(self, code: int = 0, properties: Optional[Properties] = None) -> None: ...
