# Put this in the place of umqtt.simple: the same names and argument order, now with QoS 2.
from umqtt2.client import MQTTClient, MQTTException
