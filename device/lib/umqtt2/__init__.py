from .client import MQTTClient, MQTTException
