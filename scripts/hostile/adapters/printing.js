// node printing.js HOW [...]: prints its arguments and its environment, as programs do that fail, and then ends or says nothing more.
const [how] = process.argv.slice(2)
process.stderr.write(`cannot connect with ${process.argv.slice(3).join(' ')}\n`)
for (const [name, value] of Object.entries(process.env)) {
  if (/TOKEN|PASSWORD/.test(name)) process.stdout.write(`${name}=${value}\n`)
}
if (how === 'prints and is silent') process.stdin.resume()
else process.exitCode = 1
