import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { longshore } from './command.ts'

const JOB = '    runs-on: ubuntu-latest\n'
const STEPS = `${JOB}    steps:\n      - run: echo\n`

/** Name, text of a workflow that is wrong in one or more places, and where. */
const BROKEN: readonly (readonly [name: string, text: string, places: readonly string[]])[] = [
  ['yaml', 'on: push\njobs:\n  a: [\n', ['4:1']],
  ['no-steps', `on: push\njobs:\n  a:\n${JOB}`, ['3:3']],
  ['empty-steps', `on: push\njobs:\n  a:\n${JOB}    steps: []\n`, ['5:12']],
  ['unknown-need', `on: push\njobs:\n  a:\n    needs: b\n${STEPS}`, ['4:12']],
  ['cycle', `on: push\njobs:\n  a:\n    needs: b\n${STEPS}  b:\n    needs: a\n${STEPS}`, ['4:12']],
  ['both', `on: push\njobs:\n  a:\n${JOB}    steps:\n      - run: echo\n        uses: actions/checkout@v4\n`, ['7:9']],
  ['expression', `on: push\njobs:\n  a:\n${JOB}    steps:\n      - run: echo \${{ github.sha && }}\n`, ['6:19']],
  ['uses', `on: push\njobs:\n  a:\n${JOB}    steps:\n      - uses: actions/cache@v4\n`, ['6:15']],
  ['container', `on: push\njobs:\n  a:\n    container: node:24\n${STEPS}`, ['4:5']],
  ['two', `on: push\njobs:\n  a:\n    needs: nobody\n${JOB}    steps: []\n`, ['4:12', '6:12']],
]

test('ten broken workflows are told of at once, each with its places and a remedy, and the status is 2', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'longshore-test-'))
  context.after(() => rm(folder, { recursive: true }))
  for (const [name, text] of BROKEN) await writeFile(join(folder, `${name}.yml`), text)
  const { status, stdout, stderr } = await longshore(['check', '.'], { folder })
  assert.deepEqual([status, stderr], [2, ''])
  for (const line of stdout.trimEnd().split('\n')) assert.match(line, /^[a-z-]+\.yml:\d+:\d+: \S.* \(\S.*\)$/)
  for (const [name, , places] of BROKEN)
    for (const place of places) assert.ok(stdout.includes(`${name}.yml:${place}: `), `${name}.yml:${place}\n${stdout}`)
})

test('valid files have no problem, and --json says so with an empty array', async () => {
  const text = await longshore(['check', 'examples', 'examples/build', '.github/workflows'])
  assert.deepEqual([text.status, text.stdout], [0, '6 workflows, no problem\n'])
  const json = await longshore(['check', 'examples', '--json'])
  assert.deepEqual([json.status, JSON.parse(json.stdout)], [0, []])
})

test('check --json has the problems as they are', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'longshore-test-'))
  context.after(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'w.yml'), `on: push\njobs:\n  a:\n${JOB}    steps: []\n`)
  const { status, stdout } = await longshore(['check', 'w.yml', '--json'], { folder })
  assert.equal(status, 2)
  const [problem] = JSON.parse(stdout)
  assert.deepEqual(
    { ...problem, message: '', remedy: '' },
    { file: 'w.yml', line: 5, column: 12, message: '', remedy: '' },
  )
})
