from umqtt2.client import MQTTClient as MQTTClient, MQTTException as MQTTException
