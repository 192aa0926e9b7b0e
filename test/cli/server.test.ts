import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { longshore, type Started, start } from './command.ts'
import { processesOf } from './processes.ts'

const TOKEN = 'a-token-for-tests'
const WORKFLOW = `name: W
on: push
jobs:
  one:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: cat greeting; echo "\${{ secrets.KEY }} attempt $GITHUB_RUN_ATTEMPT"
`

interface Site {
  readonly folder: string
  readonly url: string
  readonly server: Started
  readonly agent: Started
}

async function publicKey(folder: string, name: string): Promise<string> {
  return (await readFile(join(folder, `${name}.pub`), 'utf8')).trim()
}

/** A dispatcher and an agent as processes of their own. */
async function open(context: TestContext): Promise<Site> {
  const folder = await mkdtemp(join(tmpdir(), 'longshore-test-'))
  await Promise.all(['dispatcher', 'agent-1'].map((name) => longshore(['keygen', name], { folder })))
  await writeFile(join(folder, 'tokens'), `kim ${createHash('sha256').update(TOKEN).digest('hex')}\n`)
  await writeFile(join(folder, 'secrets.env'), 'KEY=hunter2hunter2\n')
  await writeFile(join(folder, 'w.yml'), WORKFLOW)
  await writeFile(join(folder, 'greeting'), 'hello there\n')
  const flags = [
    '--key-file',
    'dispatcher.key',
    '--cluster',
    'main=agent-1.pub',
    '--token-file',
    'tokens',
    '--store',
    'store',
  ]
  const server = start(['serve', '--port', '0', '--url', 'http://dispatcher.test', ...flags], { folder })
  const url = /http:\S+/.exec(await server.said('longshore serves http:'))?.[0] ?? ''
  const config = `id: agent-1
cluster: main
dispatcher: { url: "${url}", issuer: dispatcher.test, keyFile: agent-1.key, keys: [${await publicKey(folder, 'dispatcher')}] }
backend: { kind: processes, root: work, acceptRemoteTriggers: true }
secrets: { kind: file, file: secrets.env }
heartbeatMs: 300
`
  await writeFile(join(folder, 'longshore.yaml'), config)
  const agent = start(['agent', '--config', 'longshore.yaml'], { folder })
  context.after(async () => {
    for (const { child } of [agent, server]) child.kill('SIGTERM')
    await Promise.all([agent.ended, server.ended])
    await rm(folder, { recursive: true })
  })
  await agent.said('agent-started')
  return { folder, url, server, agent }
}

test('run --server triggers and follows there; logs, rerun and cancel speak of that run', async (context) => {
  const { folder, url, server, agent } = await open(context)
  const env = { LONGSHORE_SERVER: url, LONGSHORE_TOKEN: TOKEN }
  const ran = await longshore(['run', 'w.yml'], { folder, env })
  assert.deepEqual([ran.status, ran.stderr], [0, ''], ran.stdout)
  assert.match(ran.stdout, /^one \| hello there$/m)
  assert.match(ran.stdout, /^one \| \*\*\* attempt 1$/m)
  const run = /run (\d+)/.exec(ran.stdout)?.[1] ?? ''

  const log = await longshore(['logs', run], { folder, env })
  assert.match(log.stdout, /^\d{4}-\d\d-\d\dT\S+Z hello there$/m)
  const stranger = await longshore(['logs', run, '--job', 'two'], { folder, env })
  assert.deepEqual([stranger.status, stranger.stderr], [2, `longshore: run ${run} has no job two: it has one\n`])

  const again = await longshore(['rerun', run], { folder, env })
  assert.deepEqual([again.status, again.stdout], [0, `run ${run} runs again\n`])
  await agent.said(`"event":"job-ended","run":${run},"runAttempt":2`)
  const late = await longshore(['cancel', '1'], { folder, env })
  assert.equal(late.status, 2)

  for (const { child } of [agent, server]) child.kill('SIGTERM')
  assert.deepEqual([(await agent.ended).status, (await server.ended).status], [0, 0])
  assert.deepEqual(await processesOf(folder), [])
  assert.doesNotMatch(ran.stdout + log.stdout + (await agent.ended).stdout, /hunter2/)
})

test('Ctrl-C cancels the run on the server and waits for its end', async (context) => {
  const { folder, url } = await open(context)
  await writeFile(join(folder, 'slow.yml'), WORKFLOW.replace(/- run: .*/, '- run: echo ready; sleep 300'))
  const env = { LONGSHORE_SERVER: url, LONGSHORE_TOKEN: TOKEN }
  const running = start(['run', 'slow.yml'], { folder, env })
  await running.said('one | ready')
  running.child.kill('SIGINT')
  const { status, stdout } = await running.ended
  assert.equal(status, 130, stdout)
  assert.match(stdout, /\(1 cancelled\)/)
  assert.deepEqual(
    (await processesOf(join(folder, 'work'))).filter((line) => line.includes('sleep 300')),
    [],
  )
})

test('an agent that was not told that remote triggers are meant does not start', async (context) => {
  const { folder } = await open(context)
  const config = await readFile(join(folder, 'longshore.yaml'), 'utf8')
  await writeFile(join(folder, 'shy.yaml'), config.replace(', acceptRemoteTriggers: true', ''))
  const { status, stderr } = await longshore(['agent', '--config', 'shy.yaml'], { folder })
  assert.equal(status, 2)
  assert.match(stderr, /backend\.acceptRemoteTriggers: true says that this is meant/)
})
