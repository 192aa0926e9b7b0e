/** When a message is deleted: an agent with a queue that tells, a dispatcher that may be away and a pod that takes its time. */
import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'
import type { Backend, Pod } from '../../agent/backend.ts'
import { createAgent } from '../../agent/main.ts'
import { createNotice } from '../../agent/notice.ts'
import type { ReceivedMessage, ReceiveQueue } from '../../agent/queue.ts'
import { staticSecrets } from '../../agent/secrets.ts'
import { LongshoreError } from '../../shared/error.ts'
import { generateKeyPair, sign } from '../../shared/sign.ts'
import { createManualClock } from '../contract/manual-clock.ts'
import { createFakeDispatcher } from './fake-dispatcher.ts'
import { createFakePod } from './fake-supervisor.ts'
import { jobMessage } from './job-message.ts'

const pinned = await generateKeyPair()
const body = await sign(jobMessage('steps:\n- run: wait\n'), pinned.signing, 'longshore-job+jwt')

/** One message, delivered as often as a test says. */
class TellingQueue implements ReceiveQueue {
  readonly told: string[] = []
  /** How many extensions fail from now on. */
  failures = 0
  readonly #changed = createNotice()
  #waiting: ReceivedMessage[] = []
  #receives = 0

  deliver(): void {
    this.#receives += 1
    this.#waiting.push({ receipt: `receipt ${this.#receives}`, body, receives: this.#receives })
    this.#changed.notify()
  }

  async receive(_max: number, signal: AbortSignal): Promise<readonly ReceivedMessage[]> {
    this.#tell('asked')
    while (this.#waiting.length === 0) await this.#changed.wait(signal)
    return this.#waiting.splice(0)
  }

  async extend({ receipt }: ReceivedMessage): Promise<void> {
    if (this.failures > 0) {
      this.failures -= 1
      throw new LongshoreError('unreachable', 'later', 'the queue is away')
    }
    this.#tell(`extended ${receipt}`)
  }

  async delete({ receipt }: ReceivedMessage): Promise<void> {
    this.#tell(`deleted ${receipt}`)
  }

  /** Resolves when `text` was told `times` times. */
  async until(text: string, times: number, signal: AbortSignal): Promise<void> {
    while (this.told.filter((told) => told === text).length < times) await this.#changed.wait(signal)
  }

  #tell(text: string): void {
    this.told.push(text)
    this.#changed.notify()
  }
}

function openAgent(t: TestContext, create: (pod: Pod) => Promise<Pod>) {
  const clock = createManualClock()
  const queue = new TellingQueue()
  const dispatcher = createFakeDispatcher()
  const pod = createFakePod(() => ({ hangs: ['SIGKILL'] }))
  const backend: Backend = {
    kind: 'processes',
    create: ({ ref, issuer, epoch }) => create({ name: 'pod', uid: '1', ref, issuer, epoch }),
    connect: async ({ epoch }) => pod.connect(epoch),
    orphans: async () => [],
    adopt: async () => undefined,
    remove: async () => undefined,
  }
  const agent = createAgent({
    id: 'one',
    cluster: 'local',
    slots: 4,
    queue,
    dispatcher,
    backend,
    secrets: staticSecrets({}),
    trusted: { issuer: 'test', keys: [pinned.verify] },
    clock,
    log: { write: () => undefined },
  })
  const stop = new AbortController()
  const running = agent.run(stop.signal)
  t.after(async () => {
    stop.abort()
    await running
  })
  return { clock, queue, dispatcher, pod }
}

test('a message that cannot be claimed is kept hidden, and no other is asked for until the dispatcher is back', async (t) => {
  const { clock, queue, dispatcher, pod } = openAgent(t, async (pod) => pod)
  dispatcher.away = true
  queue.deliver()
  while (queue.told.filter((told) => told.startsWith('extended')).length < 5) {
    clock.advance(5_000)
    await new Promise((resolve) => setImmediate(resolve))
  }
  assert.deepEqual(new Set(queue.told), new Set(['asked', 'extended receipt 1']))
  assert.equal(queue.told.indexOf('asked', 1), -1)
  assert.deepEqual(pod.entries, [])
  dispatcher.away = false
  clock.advance(5_000)
  await queue.until('deleted receipt 1', 1, t.signal)
  assert.equal(pod.entries[0]?.['kind'], 'job')
})

test('a message whose hiding fails is hidden again as soon as the queue is back', async (t) => {
  const { clock, queue, dispatcher } = openAgent(t, async (pod) => pod)
  dispatcher.away = true
  queue.failures = 3
  queue.deliver()
  while (queue.told.filter((told) => told === 'extended receipt 1').length < 2) {
    t.signal.throwIfAborted()
    clock.advance(5_000)
    await new Promise((resolve) => setImmediate(resolve))
  }
  assert.equal(queue.failures, 0)
})

test('a message that comes again while its job is being placed is left alone, and deleted once the job is placed', async (t) => {
  const creating = Promise.withResolvers<void>()
  const gate = Promise.withResolvers<void>()
  const { queue, pod } = openAgent(t, async (pod) => {
    creating.resolve()
    await gate.promise
    return pod
  })
  queue.deliver()
  await creating.promise
  queue.deliver()
  await queue.until('asked', 3, t.signal)
  assert.ok(!queue.told.some((told) => told.startsWith('deleted')))
  gate.resolve()
  await queue.until('deleted receipt 1', 1, t.signal)
  assert.equal(pod.entries[0]?.['kind'], 'job')
  queue.deliver()
  await queue.until('deleted receipt 3', 1, t.signal)
  assert.equal(queue.told.includes('deleted receipt 2'), false)
})

test('the message of a job that can never be placed is deleted when its end was heard', async (t) => {
  const { clock, queue, dispatcher } = openAgent(t, async () => {
    dispatcher.away = true
    throw new LongshoreError('unfit', 'never', 'no pod fits it')
  })
  queue.deliver()
  while (!queue.told.includes('extended receipt 1')) {
    clock.advance(5_000)
    await new Promise((resolve) => setImmediate(resolve))
  }
  assert.ok(!queue.told.includes('deleted receipt 1'))
  dispatcher.away = false
  clock.advance(5_000)
  await queue.until('deleted receipt 1', 1, t.signal)
  const [job] = dispatcher.jobs.values()
  assert.equal(job?.end?.cause?.code, 'unfit')
})
