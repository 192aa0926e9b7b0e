import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { bundledCommand } from './bundle.ts'
import { longshore } from './command.ts'

const COMMANDS = ['run', 'check', 'plan', 'serve', 'agent', 'logs', 'cancel', 'rerun', 'keygen']

test('help has examples, for every command', async () => {
  const helps = await Promise.all([[], ...COMMANDS.map((name) => [name])].map((name) => longshore([...name, '--help'])))
  for (const { status, stdout } of helps) {
    assert.equal(status, 0)
    assert.match(stdout, /Examples:\n {2}\$ longshore /)
  }
  for (const name of COMMANDS) assert.match(helps[0]?.stdout ?? '', new RegExp(`^ {2}${name}\\b`, 'm'))
})

test('an unknown command or flag is wrong usage, and the near one is named', async () => {
  const command = await longshore(['chekc'])
  assert.deepEqual([command.status, command.stdout], [2, ''])
  assert.match(command.stderr, /unknown command 'chekc'\n\(Did you mean check\?\)/)
  const flag = await longshore(['run', '--evnt', 'push'])
  assert.equal(flag.status, 2)
  assert.match(flag.stderr, /unknown option '--evnt'\n\(Did you mean --event\?\)/)
})

const WRONG: readonly (readonly [args: readonly string[], says: RegExp])[] = [
  [['run', 'nowhere.yml'], /nowhere\.yml is not there/],
  [['run', 'docs'], /docs has no workflow/],
  [
    ['run', 'examples/hello.yml', '--event', 'pull_request'],
    /hello\.yml does not run on pull_request: its `on` has push/,
  ],
  [['run', 'examples/hello.yml', '--input', 'x'], /--input wants KEY=VALUE/],
  [['run', 'examples/hello.yml', '--secret', 'LONGSHORE_NOT_SET'], /LONGSHORE_NOT_SET is not set/],
  [['run', 'examples/hello.yml', '--secret', ''], /--secret wants KEY or KEY=VALUE, and has no key/],
  [['run', 'examples/hello.yml', '--secret', '1-s3cret=x'], /^longshore: --secret wants a name of letters[^3]*$/],
  [['run', 'examples/matrix.yml', '--matrix', 'nope:1'], /no leg of a matrix has `nope: 1` \(the matrices have /],
  [['run', 'examples/hello.yml', '--payload', 'README.md'], /--payload README\.md is not a JSON object/],
  [['run', 'examples/hello.yml', '--job', 'helo'], /there is no job `helo`.*hello/],
  [['run', 'examples/hello.yml', '--json', '--quiet'], /exclude each other/],
  [['run', 'examples/hello.yml', '--backend', 'docker'], /Allowed choices are processes, kubernetes/],
  [['run', 'examples/hello.yml', '--platform', 'a=b'], /need --backend kubernetes/],
  [
    ['run', 'x.yml', '--server', 'http://127.0.0.1:1', '--token', 't', '--secret', 'K=v'],
    /secrets belong in the cluster/,
  ],
  [['run', 'x.yml', '--server', 'http://127.0.0.1:1'], /--token \(or LONGSHORE_TOKEN\) is missing/],
  [['logs', 'x', '--server', 'http://127.0.0.1:1', '--token', 't'], /RUN is a number/],
  [['cancel', '1'], /--server \(or LONGSHORE_SERVER\)/],
  [['agent'], /required option '--config <FILE>'/],
]

test('wrong usage ends with 2 and says what is wrong, on stderr', async () => {
  const ends = await Promise.all(WRONG.map(([args]) => longshore(args)))
  for (const [index, [args, says]] of WRONG.entries()) {
    assert.match(ends[index]?.stderr ?? '', says, args.join(' '))
    assert.deepEqual([ends[index]?.status, ends[index]?.stdout], [2, ''], args.join(' '))
  }
})

test('a server that does not answer is not the user’s mistake: 3', async () => {
  const { status, stderr } = await longshore(['cancel', '1', '--server', 'http://127.0.0.1:9', '--token', 't'])
  assert.equal(status, 3)
  assert.match(stderr, /http:\/\/127\.0\.0\.1:9 does not answer/)
})

test('the backend kubernetes is refused with one clear sentence', async () => {
  const { status, stderr } = await longshore(['run', 'examples/hello.yml', '--backend', 'kubernetes'])
  assert.equal(status, 3)
  assert.match(stderr, /^longshore: the backend kubernetes is not there yet: .*\n$/)
})

test('a Node that is too old is told which is needed and how to get it', () => {
  const pretend = 'data:text/javascript,Object.defineProperty(process.versions,"node",{value:"20.1.2"})'
  const old = spawnSync(process.execPath, ['--import', pretend, bundledCommand(), 'check'], { encoding: 'utf8' })
  assert.deepEqual([old.status, old.stdout], [3, ''])
  assert.match(old.stderr, /needs Node 22\.19 or newer; this is Node 20\.1\.2 .*\n.*npm ci/)
})
