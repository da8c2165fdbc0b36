import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import path from 'node:path'

type Source =
  /** What a program prints; the first group of the pattern is the version. */
  { run: string[]; find: RegExp } | { file: string; find: RegExp }

const npm = (name: string): Source => ({
  file: `node_modules/${name}/package.json`,
  find: /"version": "([^"]+)"/,
})
const debian = (name: string): Source => ({ run: ['dpkg', '-s', name], find: /^Version: (\S+)/m })
const maven = (file: string, artifact: string): Source => ({
  file,
  find: new RegExp(`<artifactId>${artifact}</artifactId>\\s*<version>([^<]+)`),
})
const rumqttcLock: Source = {
  file: 'fixtures/targets/clients/rumqttc/Cargo.lock',
  find: /name = "rumqttc"\s*version = "([^"]+)"/,
}
const paho = /^(\d[\d.]*)/
const askPaho = 'import paho.mqtt; print(paho.mqtt.__version__)'

/** Who knows which version of a target is here. */
const sources: { [target: string]: Source } = {
  activemq: maven('fixtures/targets/brokers/activemq/pom.xml', 'activemq-mqtt'),
  aedes: npm('aedes'),
  aiomqtt: {
    run: [process.env.AIOMQTT_PYTHON ?? 'python3', '-m', 'pip', 'show', 'aiomqtt'],
    find: /^Version: (\S+)/m,
  },
  'amqtt-client': {
    run: [process.env.AMQTT_PYTHON ?? 'python3', '-m', 'pip', 'show', 'amqtt'],
    find: /^Version: (\S+)/m,
  },
  'aedes-2': { file: 'fixtures/targets/brokers/aedes-2/package.json', find: /aedes@([^"]+)/ },
  amqtt: {
    run: ['fixtures/targets/brokers/amqtt/venv/bin/pip', 'show', 'amqtt'],
    find: /^Version: (\S+)/m,
  },
  artemis: maven('fixtures/targets/brokers/artemis/pom.xml', 'artemis-mqtt-protocol'),
  autopaho: { file: 'fixtures/targets/clients/autopaho/go.mod', find: /paho\.golang v(\S+)/ },
  ejabberd: debian('ejabberd'),
  flashmq: { run: ['flashmq', '--version'], find: /FlashMQ Version (\S+)/ },
  gmqtt: {
    run: [process.env.GMQTT_PYTHON ?? 'python3', '-m', 'pip', 'show', 'gmqtt'],
    find: /^Version: (\S+)/m,
  },
  hivemq: maven('fixtures/targets/brokers/hivemq/pom.xml', 'hivemq-community-edition-embedded'),
  'hivemq-client': maven('fixtures/targets/clients/java-clients/pom.xml', 'hivemq-mqtt-client'),
  libmosquitto: debian('libmosquitto1'),
  mochi: { file: 'fixtures/targets/brokers/mochi/go.mod', find: /mochi-mqtt\/server\/v2 v(\S+)/ },
  moquette: maven('fixtures/targets/brokers/moquette/pom.xml', 'moquette-broker'),
  'moquette-h2': maven('fixtures/targets/brokers/moquette/pom.xml', 'moquette-broker'),
  mosquitto: { run: ['mosquitto', '-h'], find: /mosquitto version (\S+)/ },
  'mosquitto-clients': { run: ['mosquitto_pub', '--version'], find: /mosquitto_pub version (\S+)/ },
  mqttjs: npm('mqtt'),
  nanomq: { run: ['nanomq', '--version'], find: /v(\d\S+)/ },
  nats: { run: ['fixtures/targets/brokers/nats/build/nats-server', '--version'], find: /v(\d\S+)/ },
  'paho-c': debian('libpaho-mqtt1.3'),
  'paho-go': { file: 'fixtures/targets/clients/paho-go/go.mod', find: /paho\.mqtt\.golang v(\S+)/ },
  'paho-java': maven(
    'fixtures/targets/clients/java-clients/pom.xml',
    'org.eclipse.paho.client.mqttv3',
  ),
  'paho-python-1': { run: ['/usr/bin/python3', '-c', askPaho], find: paho },
  'paho-python-2': { run: [process.env.PAHO2_PYTHON ?? 'python3', '-c', askPaho], find: paho },
  rabbitmq: debian('rabbitmq-server'),
  rmqtt: {
    file: 'fixtures/targets/brokers/rmqtt/Cargo.toml',
    find: /rmqtt = \{ version = "=([^"]+)"/,
  },
  rumqttc: rumqttcLock,
  'rumqttc-v5': rumqttcLock,
  'rumqttd-v4': { run: ['rumqttd', '--version'], find: /(\d+\.\d+\.\S+)/ },
  'rumqttd-v5': { run: ['rumqttd', '--version'], find: /(\d+\.\d+\.\S+)/ },
}

/** The version of a target on this machine, or `unknown`. */
export async function versionOf(target: string, root: string): Promise<string> {
  const source = sources[target]
  if (!source) return 'unknown'
  const text =
    'file' in source ? await read(path.join(root, source.file)) : await output(source.run, root)
  return source.find.exec(text)?.[1] ?? 'unknown'
}

function read(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '')
}

/** What a program says, on either stream; nothing where it is missing. */
function output([program = '', ...words]: string[], cwd: string): Promise<string> {
  return new Promise(resolve => {
    execFile(program, words, { cwd, timeout: 10_000 }, (_error, stdout, stderr) =>
      resolve(`${stdout}\n${stderr}`.trim()),
    )
  })
}
