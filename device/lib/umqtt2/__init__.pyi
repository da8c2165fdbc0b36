from .client import MQTTClient as MQTTClient, MQTTException as MQTTException
