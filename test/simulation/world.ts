/** One job in a world that breaks: agents die at any call, before or after it took effect, and others take over. */
import assert from 'node:assert/strict'
import { type Entry, parseJournal } from '../../agent/job/entry.ts'
import { NOTHING_HELD } from '../../agent/job/event-buffer.ts'
import { type JobEnd, runJob } from '../../agent/job.ts'
import { type PlacedJournal, placedJournal } from '../../agent/placement.ts'
import { staticSecrets } from '../../agent/secrets.ts'
import { LongshoreError } from '../../shared/error.ts'
import type { JobEvent } from '../../shared/event.ts'
import type { JobMessage } from '../../shared/message.ts'
import { createFakeDispatcher, type FakeDispatcher } from '../agent/fake-dispatcher.ts'
import { createFakePod, type FakePod, type Program } from '../agent/fake-supervisor.ts'
import { createVirtualClock } from '../agent/virtual-clock.ts'

export interface Faults {
  /** How many calls each agent lives; the one after the last lives for ever. */
  readonly lives: readonly number[]
  /** Calls, of all agents together, before which the dispatcher is away for a while. */
  readonly away?: readonly number[]
  /** The call, of all agents together, at which somebody cancels the run. */
  readonly cancelAt?: number
  /** Likewise, at which the pod vanishes. */
  readonly podGoneAt?: number
}

export interface Outcome {
  readonly end: JobEnd
  readonly events: readonly JobEvent[]
  readonly pod: FakePod
  /** Calls of all agents. */
  readonly calls: number
}

const START_MS = Date.UTC(2026, 0, 2, 3, 4, 5)
/** How many calls an outage lasts: each is refused. */
const OUTAGE_CALLS = 3

export interface Scenario {
  readonly message: JobMessage
  readonly secrets: { readonly [name: string]: string }
  /** What the step with this script does. */
  readonly programs: (script: string) => Program
}

export async function simulate(scenario: Scenario, faults: Faults): Promise<Outcome> {
  const world = new World(scenario, faults)
  for (const [index, life] of [...faults.lives, Number.POSITIVE_INFINITY].entries()) {
    const end = await world.agent(index, life)
    if (end !== undefined) return world.outcome(end)
  }
  return assert.fail('the last agent lives for ever')
}

class World {
  readonly #scenario: Scenario
  readonly #faults: Faults
  readonly #dispatcher: FakeDispatcher = createFakeDispatcher()
  readonly #clock = createVirtualClock(START_MS)
  readonly #pod: FakePod
  #calls = 0
  #outage = 0

  constructor(scenario: Scenario, faults: Faults) {
    this.#scenario = scenario
    this.#faults = faults
    this.#pod = createFakePod((command) => scenario.programs(command.script?.text ?? ''))
  }

  /** One agent's life: how the job ended, or undefined where the agent died before. */
  async agent(index: number, life: number): Promise<JobEnd | undefined> {
    const letGo = new AbortController()
    const asked = new AbortController()
    let left = life
    const interrupt = async (): Promise<void> => {
      this.#calls += 1
      if (this.#calls === this.#faults.cancelAt) this.#dispatcher.cancel(this.#ref, 'Enough.')
      if (this.#calls === this.#faults.podGoneAt) this.#pod.destroy()
      left -= 1
      if (left < 0 && !letGo.signal.aborted) letGo.abort(new LongshoreError('killed', 'never', 'the agent was killed'))
      letGo.signal.throwIfAborted()
    }
    try {
      return await this.#live(index, interrupt, asked, letGo.signal)
    } catch (error) {
      if (letGo.signal.aborted && error === letGo.signal.reason) return undefined
      throw error
    }
  }

  get #ref() {
    const { run, runAttempt, job, try: number } = this.#scenario.message
    return { run, runAttempt, job, try: number }
  }

  async #live(index: number, interrupt: () => Promise<void>, asked: AbortController, letGo: AbortSignal) {
    const ref = this.#ref
    const epoch = index + 1
    const reached = this.#dispatcher.seenBy(() => this.#mayBeAway(interrupt))
    const taken =
      index === 0 ? { token: 'token', held: NOTHING_HELD } : await this.#dispatcher.takenOver(ref, epoch, letGo)
    if (index === 0) await this.#dispatcher.claim(ref, 0, letGo)
    const supervisor = this.#pod.connect(epoch, interrupt)
    letGo.addEventListener('abort', () => supervisor.close())
    const owner = { ref, epoch, token: taken.token }
    await this.#dispatcher.started(owner, letGo)
    const job = { owner, supervisor, journal: await this.#journal(), held: taken.held, asked, letGo }
    const ports = { dispatcher: reached, secrets: staticSecrets(this.#scenario.secrets), clock: this.#clock }
    const end = await runJob(ports, job)
    await this.#dispatcher.ended(owner, end, letGo)
    return end
  }

  async #mayBeAway(interrupt: () => Promise<void>): Promise<void> {
    await interrupt()
    if (this.#faults.away?.includes(this.#calls)) this.#outage = OUTAGE_CALLS
    if (this.#outage === 0) return
    this.#outage -= 1
    throw new LongshoreError('unreachable', 'later', 'the dispatcher is away')
  }

  async #journal(): Promise<PlacedJournal> {
    const entries: readonly Entry[] = parseJournal(this.#pod.entries)
    const known = placedJournal(entries)
    if (known !== undefined) return known
    const { message } = this.#scenario
    const first = { kind: 'job', message, startedMs: START_MS, agent: 'one', version: '0.1.0' } as const
    this.#pod.place({ ...first })
    return [first]
  }

  outcome(end: JobEnd): Outcome {
    this.#clock.stop()
    const job = [...this.#dispatcher.jobs.values()][0]
    assert.ok(job)
    return { end, events: job.events, pod: this.#pod, calls: this.#calls }
  }
}

/** What the events say, however the text was cut into events. */
export function said(events: readonly JobEvent[]) {
  return {
    log: events.flatMap((event) => (event.kind === 'log' ? [event.text] : [])).join(''),
    discrete: events.filter((event) => event.kind !== 'log'),
  }
}
