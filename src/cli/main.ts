import { Command, CommanderError, Option } from 'commander'
import { InterruptedError } from '../run/interrupted-error.ts'
import { version } from '../run/version.ts'
import { TargetError } from '../targets/target-error.ts'
import { transportNames } from '../transport/index.ts'
import { clipped, endingOf } from './error-ending.ts'
import { type Io, processIo } from './io.ts'
import {
  endOption,
  mqttOption,
  parseSeconds,
  parseTime,
  parseTransports,
  patienceOption,
  reporterOption,
  scaleOption,
  secretsOption,
  seedOption,
  shardOption,
  strictOption,
  targetOption,
  traceOption,
  wholeNumber,
  willsOption,
} from './options.ts'

/** Runs a command line and returns its exit code (README.md, exit codes). Nothing is thrown. */
export async function main(argv: string[], io: Io = processIo): Promise<number> {
  let exitCode = 0
  const program = createProgram(io, code => {
    exitCode = code
  })
  try {
    mustStandSomewhere()
    await program.parseAsync(argv, { from: 'user' })
    return exitCode
  } catch (error) {
    return report(error, io)
  }
}

/** Names of files are read from where we stand: a folder that was removed meanwhile has none. */
function mustStandSomewhere(): void {
  try {
    process.cwd()
  } catch (error) {
    const says = 'the folder that this runs in does not exist any more: change to another'
    throw new TargetError('NO_WORKING_FOLDER', says, error)
  }
}

function report(error: unknown, { stderr, exit }: Io): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  const { exitCode, says } = endingOf(error)
  stderr.write(`${says}\n`)
  // A connection that was still being tried would hold us for the rest of its budget.
  if (error instanceof InterruptedError) exit(exitCode)
  return exitCode
}

function createProgram(io: Io, exit: (code: number) => void): Command {
  const program = new Command('mqttspec')
    .description(
      'Plays the other side of MQTT over raw TCP, loses packets on purpose, and judges what comes back.',
    )
    .version(version)
    .exitOverride()
    .configureOutput({
      writeOut: text => io.stdout.write(text),
      writeErr: text => io.stderr.write(clipped(text)),
    })
    .showHelpAfterError('(mqttspec --help shows what there is)')
  program
    .command('run', { isDefault: false })
    .description('run suites against a broker or a client')
    .argument('[suite|id...]', 'suite files, folders, suite or case ids (* stands for anything)')
    .addOption(targetOption())
    .option(
      '--upstream <url|profile|name>',
      'the broker behind the proxy, for suites that stand between a client and one (default: the embedded broker)',
    )
    .option(
      '--topic-prefix <text>',
      'all topics of ours begin with it, for a broker with access rules',
    )
    .option('--client-id-prefix <text>', 'all client ids of ours begin with it')
    .option('--serial <port>', 'a real Pico on that port, with the firmware of device/')
    .option('--image <file>', 'with --target pico-emulated: a MicroPython image, .uf2 or .bin')
    .option('--bootrom <file>', 'with --target pico-emulated: the boot ROM of an RP2040')
    .option('--board-config <file>', "with --serial: the board's config.json (Wi-Fi, address)")
    .option(
      '--transport <names>',
      'over these, such as tcp,ws: tcp, tls, ws or wss (default: that of the address)',
      parseTransports,
    )
    .option('--ca <file>', 'TLS: who vouches for the target, as PEM')
    .option('--cert <file>', 'TLS: the certificate that we show, as PEM')
    .option('--key <file>', 'TLS: its key, as PEM')
    .option('--insecure', 'TLS: take any certificate')
    .addOption(
      new Option(
        '--proxy-protocol <version>',
        'send a PROXY header first, as a balancer in front of the target would',
      ).choices(['v1', 'v2']),
    )
    .addOption(mqttOption())
    .option('--tag <tag...>', 'only scenarios with one of these tags')
    .option('--profile <name>', 'a named set of suites: core, qos2, full or device-advisor')
    .option('--jobs <n>', 'cases side by side', wholeNumber(1, 1024))
    .addOption(strictOption())
    .addOption(reporterOption())
    .addOption(traceOption())
    .addOption(seedOption())
    .addOption(shardOption())
    .option('--bail', 'begin nothing new after the first failure')
    .option(
      '--time-limit <time>',
      'end the run after so long, with its reports, such as 10m (default: 60m)',
      parseTime,
    )
    .addOption(scaleOption())
    .option('--known-issues <file>', 'failures that are accepted for now')
    .option('--write-known-issues <file>', 'write what failed as such a list')
    .option('--failed [report]', 'only what did not pass in a report, or in the last run here')
    .option('--watch', 'again whenever a suite is edited or the broker at an address restarted')
    .option('--pcap <file>', 'write all packets for Wireshark, each beside what was found in it')
    .option('--verbose', 'show passing cases too')
    .addOption(secretsOption())
    .addOption(willsOption())
    .action(async (words: string[], options) => {
      const { runCommand } = await import('./commands/run-command.ts')
      exit(await runCommand(words, options, io))
    })
  program
    .command('explore')
    .description('place faults everywhere in flows, and shrink what fails')
    .argument('[flow...]', 'flows that ship, or files; all that fit the target by default')
    .addOption(targetOption())
    .addOption(mqttOption())
    .option('--faults <kinds>', 'only these, such as lose,cut (mqttspec list faults)')
    .option('--depth <n>', 'the most faults of one schedule (default: 3)', wholeNumber(1, 8))
    .option('--budget <time>', 'how long, such as 60s or 10m (default: 60s)', parseTime)
    .option('--schedules <n>', 'end after so many', wholeNumber(1, 1_000_000_000))
    .option('--corpus <dir>', 'keep what was tried there, and go on from what it keeps')
    .addOption(seedOption())
    .addOption(shardOption())
    .option('--lanes <n>', 'schedules side by side (default: 24)', wholeNumber(1, 1024))
    .option('--workers <n>', 'processes side by side (default: 1)', wholeNumber(1, 256))
    .option('--replay <id>', 'one schedule again, drawn: 4711:0:3:1')
    .option('--scenarios <dir>', 'write a scenario file for each failure, for mqttspec run')
    .option('--long', 'go on until stopped or --budget; ids wrap, memory is watched')
    .option('--canary <flaw>', 'put this flaw upon the target, and exit 4 if it is not found')
    .option('--bail', 'end at the first failure')
    .addOption(strictOption())
    .addOption(reporterOption())
    .addOption(traceOption())
    .addOption(scaleOption())
    .option('--verbose', 'show flows that passed too')
    .action(async (words: string[], options) => {
      const { exploreCommand } = await import('./commands/explore-command.ts')
      exit(await exploreCommand(words, options, io))
    })
  program
    .command('listen')
    .description('wait for clients or devices that dial in, and judge what they do')
    .argument('[suite|id...]', 'pieces of the programme (listen/pubrel-lost, * for anything)')
    .option('--host <address>', 'the interface; 0.0.0.0 lets devices in (default: 127.0.0.1)')
    .option(
      '--port <n>',
      'the port; 0 takes a free one (default: 1883; tls 8883, ws 8083, wss 8084)',
      wholeNumber(0, 65_535),
    )
    .addOption(
      new Option('--transport <name>', 'what carries MQTT (default: tcp)').choices(transportNames),
    )
    .option('--cert <file>', 'TLS: the certificate that we show, as PEM (default: one of our own)')
    .option('--key <file>', 'TLS: its key, as PEM')
    .option('--write-ca <file>', 'TLS: write what a device has to trust to trust us, as PEM')
    .addOption(mqttOption())
    .addOption(endOption())
    .addOption(secretsOption())
    .addOption(willsOption())
    .addOption(strictOption())
    .addOption(reporterOption())
    .addOption(traceOption())
    .addOption(scaleOption())
    .action(async (words: string[], options) => {
      const { listenCommand } = await import('./commands/listen-command.ts')
      exit(await listenCommand(words, options, io))
    })
  program
    .command('audit')
    .description('judge recorded traffic: both sides of every MQTT connection in a capture')
    .argument('<capture>', 'a file of tcpdump or Wireshark, pcap or pcapng')
    .option('--broker <address>', 'only connections to host:port, or to :port of any host')
    .addOption(patienceOption())
    .addOption(secretsOption())
    .addOption(willsOption())
    .addOption(strictOption())
    .addOption(reporterOption())
    .option('--verbose', 'show sides that did nothing wrong, too')
    .action(async (file: string, options) => {
      const { auditCommand } = await import('./commands/audit-command.ts')
      exit(await auditCommand(file, options, io))
    })
  program
    .command('watch')
    .description('stand between clients and a broker, touch nothing, and judge both sides')
    .requiredOption('--to <host:port>', 'the broker')
    .option('--listen <[host:]port>', 'where clients dial in (default: 127.0.0.1, a free port)')
    .addOption(endOption())
    .option('--metrics <seconds>', 'a line of numbers so often (default: 60)', parseSeconds)
    .addOption(patienceOption())
    .addOption(secretsOption())
    .addOption(willsOption())
    .addOption(strictOption())
    .addOption(reporterOption())
    .option('--verbose', 'show sides that did nothing wrong, too')
    .action(async options => {
      const { watchCommand } = await import('./commands/watch-command.ts')
      exit(await watchCommand(options, io))
    })
  program
    .command('list')
    .description('what there is')
    .argument('<what>', 'suites, statements, targets, faults or reporters')
    .argument(
      '[word...]',
      'of statements: a section such as 4.3.3, or MQTT-4.3.3-2, with its cases',
    )
    .action(async (what: string, words: string[]) => {
      const { listCommand } = await import('./commands/list-command.ts')
      exit(await listCommand(what, words, io))
    })
  program
    .command('check')
    .description('look for mistakes in suites without running them')
    .argument('[suite...]', 'suite files or folders; those of the package by default')
    .action(async (words: string[]) => {
      const { checkCommand } = await import('./commands/check-command.ts')
      exit(await checkCommand(words, io))
    })
  program
    .command('probe')
    .description('ask a target what it is: versions, limits, legal choices')
    .option('--target <url|profile|name>', 'what to ask (default: the embedded broker)')
    .addOption(mqttOption())
    .option('--topic-prefix <text>', 'all topics of ours begin with it')
    .option('--client-id-prefix <text>', 'all client ids of ours begin with it')
    .addOption(scaleOption())
    .option('--json', 'as JSON')
    .option('--write-profile <file>', 'write the profile that follows from it')
    .action(async options => {
      const { probeCommand } = await import('./commands/probe-command.ts')
      exit(await probeCommand({ target: 'aedes', ...options }, io))
    })
  const reports = program.command('report').description('work with JSON reports')
  reports
    .command('convert')
    .description('write a JSON report in another form')
    .argument('<file>', 'a report of --reporter json=FILE')
    .addOption(reporterOption())
    .addOption(traceOption())
    .action(async (file: string, options) => {
      const { convertCommand } = await import('./commands/report-command.ts')
      exit(await convertCommand(file, options.reporter ?? [], options.trace, io))
    })
  reports
    .command('issue')
    .description('a bug report to paste, with a program in Python that shows the failure again')
    .argument('<case>', 'a case that failed, a scenario, or the name of a cause')
    .option('--report <file>', 'a report of --reporter json=FILE (default: of the last run here)')
    .option('--out <dir>', 'write issue.md, reproduce.py and packets.pcapng there, too')
    .action(async (word: string, options) => {
      const { issueCommand } = await import('./commands/issue-command.ts')
      exit(await issueCommand(word, options, io))
    })
  reports
    .command('comment')
    .description('Markdown for a comment on a pull request')
    .argument('<file>', 'a report of --reporter json=FILE')
    .option('--base <file>', 'the report of the base branch, to tell what changed')
    .action(async (file: string, options) => {
      const { commentCommand } = await import('./commands/report-command.ts')
      exit(await commentCommand(file, options.base, io))
    })
  reports
    .command('diff')
    .description(
      'what two runs tell differently: broken, new, fixed (exit 1 where something broke)',
    )
    .argument('<before>', 'a report of --reporter json=FILE')
    .argument('<after>', 'another of the same kind of target')
    .action(async (before: string, after: string) => {
      const { diffCommand } = await import('./commands/report-command.ts')
      exit(await diffCommand(before, after, io))
    })
  reports
    .command('merge')
    .description('join the reports of the parts of one run')
    .argument('<file...>', 'one JSON report of each --shard')
    .addOption(reporterOption())
    .addOption(traceOption())
    .action(async (files: string[], options) => {
      const { mergeCommand } = await import('./commands/report-command.ts')
      exit(await mergeCommand(files, options.reporter ?? [], options.trace, io))
    })
  reports
    .command('open')
    .description(
      'look at a JSON report in a browser; without one, at a page into which one is dropped',
    )
    .argument('[file]', 'a report of --reporter json=FILE')
    .option('--output <file>', 'write the page there, and open nothing')
    .action(async (file: string | undefined, options) => {
      const { openCommand } = await import('./commands/open-command.ts')
      exit(await openCommand(file, options.output, io))
    })
  for (const command of [...program.commands, ...reports.commands]) {
    command.copyInheritedSettings(program).exitOverride()
  }
  return program
}
