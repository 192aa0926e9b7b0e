import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { runEventSchema } from '../../shared/event.ts'
import { type Ended, longshore, type Started, start } from './command.ts'
import { processesOf } from './processes.ts'

interface Playground {
  readonly folder: string
  /** TMPDIR of the command: empty again when all was cleaned up. */
  readonly temp: string
}

async function playground(context: TestContext, workflow: string): Promise<Playground> {
  const folder = await mkdtemp(join(tmpdir(), 'longshore-test-'))
  const temp = join(folder, 'tmp')
  await mkdir(temp)
  await writeFile(join(folder, 'w.yml'), workflow)
  context.after(() => rm(folder, { recursive: true }))
  return { folder, temp }
}

function begin({ folder, temp }: Playground, args: readonly string[] = [], env: Record<string, string> = {}): Started {
  return start(['run', 'w.yml', ...args], { folder, env: { TMPDIR: temp, ...env } })
}

async function assertNothingLeft({ temp }: Playground): Promise<void> {
  assert.deepEqual(await processesOf(temp), [])
  assert.deepEqual(await readdir(temp), [])
}

function steps(...scripts: readonly string[]): string {
  const list = scripts.map((script) => `      - run: |\n${script.replace(/^/gm, '          ')}`).join('\n')
  return `name: W\non: push\njobs:\n  one:\n    runs-on: ubuntu-latest\n    steps:\n${list}\n`
}

test('hello ends with 0, its lines prefixed by the job', async () => {
  const { status, stdout, stderr } = await longshore(['run', 'examples/hello.yml'])
  assert.deepEqual([status, stderr], [0, ''])
  assert.match(stdout, /^hello \| Hello from Hello, run 1$/m)
  assert.match(stdout, /✓ success .*\(1 success\)\n$/)
})

test('a failing run ends with 1, and says what failed where', async () => {
  const { status, stdout } = await longshore(['run', 'examples/failing.yml'])
  assert.equal(status, 1)
  assert.match(stdout, /^build \| Error: Process completed with exit code 7\.$/m)
  assert.match(stdout, /error build: src\/main\.c:12:5: Compiler: expected ';' before '}'/)
  assert.match(stdout, /the job is a failure; cleaned up/)
  assert.match(stdout, /\(1 failure, 1 skipped\)/)
})

test('--quiet says only what failed and how it ended', async () => {
  const quiet = await longshore(['run', 'examples/hello.yml', '--quiet'])
  assert.equal(quiet.status, 0)
  assert.doesNotMatch(quiet.stdout, /Hello from/)
  const failing = await longshore(['run', 'examples/failing.yml', '--quiet'])
  assert.equal(failing.status, 1)
  assert.match(failing.stdout, /✗ build › Compile\n(?: {2}.*\n)*? {2}Error: expected/)
})

test('--json has the events and nothing else on stdout, run after run', async (context) => {
  const place = await playground(context, steps('echo one'))
  await writeFile(join(place.folder, 'v.yml'), steps('echo two'))
  const { status, stdout, stderr } = await start(['run', '.', '--json'], {
    folder: place.folder,
    env: { TMPDIR: place.temp },
  }).ended
  assert.deepEqual([status, stderr], [0, ''])
  const events = stdout
    .trimEnd()
    .split('\n')
    .map((line) => runEventSchema.parse(JSON.parse(line)))
  const marks = events.map(({ kind }) => kind).filter((kind) => kind === 'run-started' || kind === 'run-ended')
  assert.deepEqual(marks, ['run-started', 'run-ended', 'run-started', 'run-ended'])
  await assertNothingLeft(place)
})

test('an invalid workflow ends with 2, its problems on stderr, and nothing is started', async (context) => {
  const place = await playground(context, 'on: push\njobs:\n  one:\n    runs-on: x\n    needs: two\n    steps: []\n')
  const { status, stdout, stderr } = await begin(place).ended
  assert.deepEqual([status, stdout], [2, ''])
  assert.match(stderr, /^w\.yml:5:12: .*\nw\.yml:6:12: /m)
  await assertNothingLeft(place)
})

test('a secret is masked, in whichever form it is printed', async (context) => {
  const place = await playground(
    context,
    steps(
      'echo "<${{ secrets.TOKEN }}>"; printf %s "${{ secrets.TOKEN }}" | base64; printf hunter; sleep 0.2; echo 2hunter2',
    ),
  )
  const { status, stdout } = await begin(place, ['--secret', 'TOKEN'], { TOKEN: 'hunter2hunter2' }).ended
  assert.equal(status, 0, stdout)
  assert.match(stdout, /^one \| <\*\*\*>$/m)
  assert.doesNotMatch(stdout, /hunter2hunter2|aHVudGVyMmh1bnRlcjI/)
})

test('escapes of a step do not reach the reader; colours do where they are wanted', async (context) => {
  const place = await playground(context, steps("printf '\\033]0;evil\\007\\033[31mred\\033[0m\\033[2J\\n'"))
  const plain = await begin(place).ended
  assert.match(plain.stdout, /^one \| red$/m)
  const coloured = await begin(place, [], { FORCE_COLOR: '1' }).ended
  assert.match(coloured.stdout, /\u001b\[31mred\u001b\[0m/)
  assert.doesNotMatch(coloured.stdout, /\u001b\]|\u001b\[2J/)
})

test('Ctrl-C cancels: the step is interrupted, always() steps run, nothing is left, 130', async (context) => {
  const wait = 'trap "echo interrupted; exit 9" INT\necho ready\nwhile :; do sleep 0.1; done'
  const place = await playground(context, `${steps(wait)}      - if: always()\n        run: echo cleaned up\n`)
  const running = begin(place)
  await running.said('one | ready')
  running.child.kill('SIGINT')
  const { status, stdout } = await running.ended
  assert.equal(status, 130, stdout)
  assert.match(stdout, /^one \| interrupted$/m)
  assert.match(stdout, /^one \| cleaned up$/m)
  await assertNothingLeft(place)
})

/** A step that wants to stay: deaf to signals, with a daemon in a session of its own. */
const STUBBORN =
  'trap "" INT TERM HUP\n(trap "" INT TERM HUP; setsid sleep 300) >/dev/null 2>&1 &\necho ready\nwhile :; do sleep 0.1; done'

async function stopped(place: Playground, stop: (running: Started) => void): Promise<Ended> {
  const running = begin(place)
  await running.said('one | ready')
  stop(running)
  return running.ended
}

test('a second Ctrl-C stops at once and leaves no process, however stubborn', async (context) => {
  const place = await playground(context, steps(STUBBORN))
  const { status } = await stopped(place, ({ child }) => {
    child.kill('SIGINT')
    child.kill('SIGTERM')
  })
  assert.equal(status, 130)
  await assertNothingLeft(place)
})

test('SIGHUP stops at once and leaves no process', async (context) => {
  const place = await playground(context, steps(STUBBORN))
  const { status } = await stopped(place, ({ child }) => child.kill('SIGHUP'))
  assert.equal(status, 130)
  await assertNothingLeft(place)
})

test('a closed stdout stops at once and leaves no process', async (context) => {
  const place = await playground(context, steps(`${STUBBORN.replace('sleep 0.1', 'sleep 0.1; echo tick')}`))
  const { status } = await stopped(place, ({ child }) => child.stdout?.destroy())
  assert.equal(status, 130)
  await assertNothingLeft(place)
})

test('a job has what the flags say: inputs, variables, environment, payload, matrix', async (context) => {
  const workflow = `name: W
on:
  workflow_dispatch:
    inputs:
      target: { type: choice, options: [a, b], required: true }
jobs:
  one:
    runs-on: ubuntu-latest
    strategy: { matrix: { n: [1, 2] } }
    steps:
      - run: echo "$FROM_FLAG \${{ inputs.target }} \${{ vars.V }} \${{ github.event.deep.value }} \${{ matrix.n }} \${{ github.actor }}"
  two:
    runs-on: ubuntu-latest
    steps:
      - run: echo two
`
  const place = await playground(context, workflow)
  await writeFile(join(place.folder, 'event.json'), '{"deep":{"value":"payload"}}')
  const flags = [
    '--input',
    'target=b',
    '--var',
    'V=v',
    '--env',
    'FROM_FLAG=f',
    '--payload',
    'event.json',
    '--matrix',
    'n:2',
    '--job',
    'one',
  ]
  const { status, stdout } = await begin(place, flags, { USER: 'kim' }).ended
  assert.equal(status, 0, stdout)
  assert.match(stdout, /^one \(2\) \| f b v payload 2 kim$/m)
  assert.doesNotMatch(stdout, /one \(1\)|two/)
})

test('actions/checkout unpacks the folder the command was started in', async (context) => {
  const place = await playground(
    context,
    steps('cat sub/file; test ! -e tmp/x').replace('steps:\n', 'steps:\n      - uses: actions/checkout@v4\n'),
  )
  await mkdir(join(place.folder, 'sub'))
  await writeFile(join(place.folder, 'sub/file'), 'from the tree\n')
  await writeFile(join(place.folder, '.gitignore'), 'tmp/\n')
  const { status, stdout } = await begin(place).ended
  assert.equal(status, 0, stdout)
  assert.match(stdout, /^one \| from the tree$/m)
})

test('--store keeps the run', async (context) => {
  const place = await playground(context, steps('echo kept'))
  const { status } = await begin(place, ['--store', 'facts']).ended
  assert.equal(status, 0)
  assert.ok((await readdir(join(place.folder, 'facts'))).length > 0)
  await assertNothingLeft(place)
})
