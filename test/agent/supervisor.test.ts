/** Whoever dies, a step starts once and no byte of what was written is lost or doubled. */
import assert from 'node:assert/strict'
import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createConnection, type Socket } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { openChannel } from '../../agent/channel/open.ts'
import type { Supervisor } from '../../agent/channel.ts'
import { dialSupervisor } from '../../agent/processes/dial.ts'
import { readControllerKey } from '../../agent/processes/key.ts'
import { podFolder, trackingId } from '../../agent/processes/pod-folder.ts'
import { jsonFrame } from '../../agent/supervisor/frame.ts'
import { findProcesses } from '../../agent/supervisor/reap.ts'
import {
  clock,
  findSupervisors,
  type OpenPod,
  openPod,
  podRequest,
  readOutput,
  runScript,
  shellStep,
  supervisorPid,
} from './processes-fixture.ts'

const LINES = 40
const numbered = `echo once >>starts; i=1; while [ $i -le ${LINES} ]; do echo "line $i"; i=$((i+1)); sleep 0.02; done`
/** The same, but after these lines it waits for a file: what is on its way while a supervisor is killed may be lost (docs/decisions.md). */
const STOPS = [5, 15, 30]
const halting = numbered.replace(
  'echo "line $i";',
  `echo "line $i"; case $i in ${STOPS.join('|')}) while [ ! -e go$i ]; do sleep 0.02; done;; esac;`,
)
const everyLine = Array.from({ length: LINES }, (_, index) => `line ${index + 1}\n`).join('')

test('a supervisor killed again and again in a step goes on with it: one start, every line once', async (t) => {
  const open = await openPod(t)
  await runHalting(open, () => process.kill(supervisorPid(open), 'SIGKILL'))
})

test('a step that ends while there is no supervisor has its end and its last words', async (t) => {
  const open = await openPod(t)
  const { supervisor } = open
  const keeper = Number(readFileSync(join(podFolder(open.world.folder, open.pod).state, 'keeper.pid'), 'utf8'))
  await supervisor.start(shellStep(supervisor, 'one', 'echo ready; sleep 0.3; echo last; exit 5'), [])
  for await (const [first] of supervisor.output('one', 0)) if (first !== undefined) break
  process.kill(keeper, 'SIGSTOP')
  process.kill(supervisorPid(open), 'SIGKILL')
  await sleep(500)
  process.kill(keeper, 'SIGCONT')
  assert.equal((await readOutput(supervisor, 'one')).stdout, 'ready\nlast\n')
  const end = await supervisor.ended('one')
  assert.equal(end.kind === 'exited' && end.record.code, 5)
})

test('forty steps, with the supervisor killed at any moment of every fourth, start once each', async (t) => {
  const open = await openPod(t)
  const { supervisor } = open
  for (let step = 0; step < 40; step++) {
    const killed = step % 4 === 0 ? killWithin(open, 12) : undefined
    const result = await runScript(supervisor, `s${step}`, `echo ${step} >>starts; echo "out ${step}"`)
    assert.equal(result.code, 0)
    // What was on its way when it was killed may be lost (docs/decisions.md); nothing may come twice.
    if (killed === undefined || result.stdout !== '') assert.equal(result.stdout, `out ${step}\n`)
    await supervisor.append({ kind: 'note', step })
    await killed
  }
  const numbers = Array.from({ length: 40 }, (_, step) => step)
  const starts = Buffer.from((await supervisor.readFile('starts', 10_000)) ?? []).toString()
  assert.equal(starts, numbers.map((step) => `${step}\n`).join(''))
  const journal = await supervisor.journal()
  assert.deepEqual(
    journal.map((entry) => entry['step']),
    numbers,
  )
})

test('supervisor and keeper killed both: the agent that owns the pod starts them again', async (t) => {
  const open = await openPod(t)
  const { state } = podFolder(open.world.folder, open.pod)
  await runHalting(open, (stop) => {
    if (stop !== STOPS[0]) return
    process.kill(Number(readFileSync(join(state, 'keeper.pid'), 'utf8')), 'SIGKILL')
    process.kill(supervisorPid(open), 'SIGKILL')
  })
})

test('another agent goes on where the first one was, and the first is told', async (t) => {
  const { world, supervisor } = await openPod(t)
  await supervisor.start(shellStep(supervisor, 'one', numbered), [{ kind: 'started' }])
  let text = ''
  let position = 0
  for await (const records of supervisor.output('one', 0)) {
    for (const { bytes, next } of records) {
      text += Buffer.from(bytes).toString()
      position = next
    }
    if (text.includes('line 7\n')) break
  }
  const told = assert.rejects(supervisor.ended('one'), { code: 'superseded', retry: 'never' })
  const second = await world.agent('second')
  const next = await second.connect(await second.create(podRequest({ epoch: 2 }), t.signal), t.signal)
  await told
  await assert.rejects(supervisor.signal('one', 'SIGKILL'), { code: 'superseded' })
  assert.deepEqual(await next.journal(), [{ kind: 'started' }])
  assert.equal(text + (await readOutput(next, 'one', position)).stdout, everyLine)
  await endedOnce(next)
})

test('a connection that breaks is made again and nothing asked on it is lost or done twice', async (t) => {
  const open = await openPod(t)
  const { world, pod } = open
  const folder = podFolder(world.folder, pod)
  const key = await readControllerKey(world.folder)
  const sockets: Socket[] = []
  const dial = async () => {
    const socket = await dialSupervisor(folder, () => undefined)
    sockets.push(socket)
    return socket
  }
  const identity = { pod: pod.name, epoch: 2, session: 'session', sign: (text: string) => key.sign(text) }
  const channel = await openChannel(dial, identity, clock, t.signal)
  for (let number = 0; number < 100; number++) {
    const appended = channel.append({ kind: 'note', number })
    if (number % 7 === 0) sockets.at(-1)?.destroy()
    await appended
  }
  const journal = await channel.journal()
  assert.deepEqual(
    journal.map((entry) => entry['number']),
    Array.from({ length: 100 }, (_, number) => number),
  )
  assert.ok(sockets.length > 10)
  channel.close()
})

test('a journal with a torn last entry is read up to it and goes on', async (t) => {
  const open = await openPod(t)
  const { supervisor, world, pod } = open
  await supervisor.append({ kind: 'note', text: 'ü'.repeat(100_000) })
  await supervisor.append({ kind: 'note', text: 'second' })
  appendFileSync(join(podFolder(world.folder, pod).state, 'journal'), '{"epoch":1,"number":3,"entry":{"kind":"no')
  process.kill(supervisorPid(open), 'SIGKILL')
  await supervisor.append({ kind: 'note', text: 'third' })
  const journal = await supervisor.journal()
  assert.deepEqual(
    journal.map(({ text }) => String(text).slice(0, 6)),
    ['üüüüüü', 'second', 'third'],
  )
})

test('records that were torn in the middle of a write are cut, what follows is not lost', async (t) => {
  const open = await openPod(t)
  const { supervisor, world, pod } = open
  await supervisor.start(
    shellStep(supervisor, 'one', 'echo first; until [ -e go ]; do sleep 0.01; done; echo last'),
    [],
  )
  for await (const records of supervisor.output('one', 0)) if (records.length > 0) break
  const { state, workspace } = podFolder(world.folder, pod)
  process.kill(supervisorPid(open), 'SIGKILL')
  appendFileSync(join(state, 'records'), Buffer.from([0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 9, 65]))
  await supervisor.journal()
  writeFileSync(join(workspace, 'go'), '')
  assert.equal((await readOutput(supervisor, 'one')).stdout, 'first\nlast\n')
})

test('strangers, forgers and noise on the socket get nothing and harm nothing', async (t) => {
  const { supervisor, world, pod } = await openPod(t)
  const { state } = podFolder(world.folder, pod)
  const hello = { kind: 'hello', version: 1, epoch: 9, session: 's', attempt: 1, signature: 'AAAA' }
  const answers = await Promise.all([
    answerTo(state, jsonFrame(hello)),
    answerTo(state, jsonFrame({ ...hello, epoch: '9' })),
    answerTo(state, jsonFrame({ kind: 'journal', id: 1, from: 0 })),
    answerTo(state, Buffer.from('GET / HTTP/1.1\r\n\r\n')),
    answerTo(state, Buffer.from([255, 255, 255, 255, 1])),
    answerTo(state, Buffer.alloc(100_000, 7)),
  ])
  assert.match(answers[0] ?? '', /"code":"signature"/)
  for (const answer of answers.slice(1)) assert.doesNotMatch(answer.replace(/^.*?"challenge".*?\}/s, ''), /./)
  assert.equal((await runScript(supervisor, 'one', 'echo fine')).stdout, 'fine\n')
})

for (const killed of [true, false])
  test(`a pod whose folders vanished leaves no process behind, its supervisor ${killed ? 'killed' : 'alive'}`, async (t) => {
    const open = await openPod(t)
    const { supervisor, world, pod } = open
    await supervisor.start(shellStep(supervisor, 'one', 'sleep 1000'), [])
    const { root, launcher } = podFolder(world.folder, pod)
    const pid = supervisorPid(open)
    supervisor.close()
    rmSync(root, { recursive: true })
    if (killed) process.kill(pid, 'SIGKILL')
    while (findProcesses(trackingId(pod), launcher).length > 0) await sleep(20, undefined, { signal: t.signal })
  })

test('the same agent connects again under its epoch and numbers on', async (t) => {
  const { backend, pod, supervisor } = await openPod(t)
  await supervisor.append({ kind: 'note', text: 'first' })
  supervisor.close()
  await assert.rejects(supervisor.journal(), { code: 'closed' })
  const again = await backend.connect(await backend.create(podRequest(), t.signal), t.signal)
  await again.append({ kind: 'note', text: 'second' })
  assert.deepEqual(
    (await again.journal()).map(({ text }) => text),
    ['first', 'second'],
  )
  again.close()
  assert.equal((await (await backend.connect(pod, t.signal)).journal()).length, 2)
})

/** Runs a `halting` step, does something at each stop, and holds it to every line once. */
async function runHalting({ supervisor }: OpenPod, atStop: (line: number) => void): Promise<void> {
  await supervisor.start(shellStep(supervisor, 'one', halting), [])
  let text = ''
  const stops = [...STOPS]
  for await (const records of supervisor.output('one', 0)) {
    for (const { bytes } of records) text += Buffer.from(bytes).toString()
    const stop = stops[0]
    if (stop === undefined || !text.endsWith(`line ${stop}\n`)) continue
    stops.shift()
    atStop(stop)
    writeFileSync(join(supervisor.facts.paths.workspace, `go${stop}`), '')
  }
  assert.deepEqual(stops, [])
  assert.equal(text, everyLine)
  await endedOnce(supervisor)
}

async function endedOnce(supervisor: Supervisor): Promise<void> {
  const end = await supervisor.ended('one')
  assert.equal(end.kind === 'exited' && end.record.code, 0)
  assert.equal(Buffer.from((await supervisor.readFile('starts', 1_000)) ?? []).toString(), 'once\n')
}

async function killWithin(open: OpenPod, ms: number): Promise<void> {
  await sleep(ms * Math.random())
  for (const pid of findSupervisors(open)) process.kill(pid, 'SIGKILL')
}

/** All that the supervisor says before it cuts the connection. */
function answerTo(state: string, bytes: Uint8Array): Promise<string> {
  return new Promise((resolve) => {
    const socket = createConnection(join(state, 'socket'))
    let answer = ''
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1')
    })
    socket.on('error', () => socket.destroy())
    socket.on('close', () => resolve(answer))
    socket.write(bytes)
  })
}
