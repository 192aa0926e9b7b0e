/**
 * What a viewer of a run reads: the facts as states of jobs, and every job's own events between `claimed` and its end. Each job's part is a sequence
 * that follows from append-only logs alone, so a cursor is a position in each, and whoever comes back goes on with none lost and none twice.
 */
import type { RunEvent } from '../shared/event.ts'
import { advance, type JobView } from '../shared/run.ts'
import type { Cause, TryEntry, TryRef } from '../shared/try.ts'
import { type Cursor, cursorsOf, type JobPosition, UNREAD } from './cursor.ts'
import { summarizeRun } from './describe.ts'
import type { ClosedFact } from './fact.ts'
import { eventFrame, type Frame, jobEventFrame } from './frame.ts'
import { tryName } from './keys.ts'
import type { KnownRun, Ledger } from './ledger.ts'
import { type StoredBatch, type Streams, slicesOf } from './stream.ts'
import { type Change, FACTS, type Wake } from './wake.ts'

/** Between two signs of life to a viewer, in milliseconds: below the 60 s after which proxies give up (nginx proxy_read_timeout). */
const VIEWER_HEARTBEAT_MS = 15_000

/** What a viewer reads from, and what wakes it. */
export interface ViewerPorts {
  readonly ledger: Ledger
  readonly streams: Streams
  readonly wake: Wake
}

/**
 * The run's events after `cursor`, as they come, until the end of its run attempt; an empty list is a sign of life. Rejects with the
 * signal's reason.
 */
export async function* followRun(
  ports: ViewerPorts,
  run: number,
  cursor: Cursor,
  signal: AbortSignal,
): AsyncGenerator<readonly Frame[]> {
  const watch = ports.wake.watch(run)
  try {
    const reader = new RunReader(ports, run, cursor)
    for (let change: Change = { kind: 'anything' }; ; change = await watch.changed(VIEWER_HEARTBEAT_MS, signal)) {
      if (change.kind === 'anything') yield []
      yield* reader.read(change)
      if (reader.ended) return
    }
  } finally {
    watch.close()
  }
}

/** What of a job can be told: its states in order, and the tries whose events stand before the entry that ends them. */
interface Told {
  readonly entry: TryEntry | undefined
  readonly ref: TryRef
}

class RunReader {
  readonly #ports: ViewerPorts
  readonly #run: number
  readonly #runAttempt: number
  readonly #jobs: Map<string, JobPosition>
  /** The last batch read of each stream. */
  readonly #lastKeys = new Map<string, string>()
  /** Streams that may grow, by name. */
  #live = new Map<string, TryRef>()
  #phase: Cursor['phase']

  constructor(ports: ViewerPorts, run: number, cursor: Cursor) {
    this.#ports = ports
    this.#run = run
    this.#runAttempt = cursor.runAttempt
    this.#jobs = new Map(cursor.jobs)
    this.#phase = cursor.phase
  }

  get ended(): boolean {
    return this.#phase === 'ended'
  }

  async *read(change: Change): AsyncGenerator<readonly Frame[]> {
    if (change.kind === 'anything' || change.names.has(FACTS)) yield* this.#readFacts()
    else for (const name of change.names) yield* this.#readLive(name)
  }

  async *#readLive(name: string): AsyncGenerator<readonly Frame[]> {
    const ref = this.#live.get(name)
    if (ref !== undefined) yield* this.#readStream(ref)
  }

  async *#readFacts(): AsyncGenerator<readonly Frame[]> {
    const known = await this.#ports.ledger.load(this.#run, this.#runAttempt)
    if (known === undefined || this.ended) {
      this.#phase = 'ended'
      return
    }
    if (this.#phase === 'before') yield [this.#startFrame(known)]
    this.#live = new Map()
    for (const job of advance(known.plan, known.facts).jobs) yield* this.#readJob(known, job)
    if (known.closed !== undefined) yield [this.#endFrame(known.closed)]
  }

  async *#readJob(known: KnownRun, job: JobView): AsyncGenerator<readonly Frame[]> {
    for (const [index, told] of toldOf(known, job).entries()) {
      const at = this.#position(job.job)
      if (told.entry !== undefined && endsStream(told.entry) && index >= at.states) yield* this.#readStream(told.ref)
      if (index >= this.#position(job.job).states) yield [this.#stateFrame(known, job, told)]
    }
    if (job.state !== 'claimed' && job.state !== 'started') return
    this.#live.set(tryName(job.ref), job.ref)
    yield* this.#readStream(job.ref)
  }

  /** What the store has of the try's events after the viewer's position. */
  async *#readStream(ref: TryRef): AsyncGenerator<readonly Frame[]> {
    const name = tryName(ref)
    for await (const at of this.#unread(ref, this.#lastKeys.get(name))) {
      const stored = await this.#ports.streams.read(at)
      if (stored === undefined) continue
      this.#lastKeys.set(name, stored.key)
      const frames = this.#batchFrames(ref, stored)
      if (frames.length > 0) yield frames
    }
  }

  /** A viewer that comes back reads none of the batches that end before its position: each ends where the next begins. */
  async *#unread(ref: TryRef, after: string | undefined): AsyncGenerator<Pick<StoredBatch, 'key' | 'before'>> {
    const position = this.#position(ref.job)
    const held = position.try === ref.try ? position.events : 0
    let last: Pick<StoredBatch, 'key' | 'before'> | undefined
    for await (const at of this.#ports.streams.keys(ref, after)) {
      if (last !== undefined && at.before.next > held) yield last
      last = at
    }
    if (last !== undefined) yield last
  }

  #batchFrames(ref: TryRef, stored: StoredBatch): Frame[] {
    const { states, ...position } = this.#position(ref.job)
    const held = position.try === ref.try ? position.events : 0
    const cursorAt = cursorsOf(this.#cursor(), ref.job)
    const frames: Frame[] = []
    let events = stored.before.next
    for (const raw of slicesOf(stored)) {
      events += 1
      if (events <= held) continue
      const cursor = cursorAt({ states, try: ref.try, events })
      frames.push(jobEventFrame(cursor, ref.runAttempt, ref.job, raw))
    }
    if (frames.length > 0) this.#jobs.set(ref.job, { states, try: ref.try, events })
    return frames
  }

  #stateFrame(known: KnownRun, job: JobView, told: Told): Frame {
    const at = this.#position(job.job)
    this.#jobs.set(job.job, { ...at, states: at.states + 1 })
    return eventFrame(this.#cursor(), {
      kind: 'job-state',
      runAttempt: told.ref.runAttempt,
      job: job.job,
      name: job.name,
      ...stateOf(job, told.entry),
      atMs: told.entry?.atMs ?? known.attemptAtMs,
    })
  }

  #startFrame(known: KnownRun): Frame {
    this.#phase = 'running'
    const { run, workflow, name, event, createdAtMs } = summarizeRun(known)
    return eventFrame(this.#cursor(), { kind: 'run-started', run, workflow, name, event, atMs: createdAtMs })
  }

  #endFrame(closed: ClosedFact): Frame {
    this.#phase = 'ended'
    const { conclusion, atMs } = closed
    const end = { run: this.#run, runAttempt: this.#runAttempt, conclusion, atMs }
    return eventFrame(this.#cursor(), { kind: 'run-ended', ...end })
  }

  #position(job: string): JobPosition {
    return this.#jobs.get(job) ?? UNREAD
  }

  #cursor(): Cursor {
    return { runAttempt: this.#runAttempt, phase: this.#phase, jobs: this.#jobs }
  }
}

/** That it waits, then one state per entry of its logs; of a job carried over from an earlier attempt, how it ended there. */
function toldOf(known: KnownRun, job: JobView): Told[] {
  const tries = known.facts.logs.get(job.ref.runAttempt)?.get(job.job) ?? []
  const entries = tries.flatMap((log, number) => log.map((entry) => ({ entry, ref: { ...job.ref, try: number } })))
  const carried = job.ref.runAttempt !== known.facts.runAttempt
  return carried ? entries.slice(-1) : [{ entry: undefined, ref: job.ref }, ...entries]
}

/** No event comes after it in the try's stream. */
function endsStream(entry: TryEntry): boolean {
  return entry.kind === 'ended' || entry.kind === 'lost' || entry.kind === 'concluded' || entry.kind === 'revoked'
}

type StateFields = Pick<
  Extract<RunEvent, { kind: 'job-state' }>,
  'state' | 'conclusion' | 'cluster' | 'agent' | 'cause'
>

function stateOf(job: JobView, entry: TryEntry | undefined): StateFields {
  switch (entry?.kind) {
    case undefined:
      return { state: 'waiting' }
    case 'revoked':
      return { state: 'queued' }
    case 'offered':
      return { state: 'queued', cluster: entry.cluster }
    case 'claimed':
      return { state: 'claimed', cluster: entry.cluster, agent: entry.agent }
    case 'started':
      return { state: 'started' }
    case 'taken-over':
      return { state: job.state === 'claimed' ? 'claimed' : 'started', agent: entry.agent }
    case 'ended':
    case 'concluded':
      return { state: 'done', conclusion: job.conclusion ?? entry.conclusion, ...causeOf(entry) }
    case 'lost':
      return { state: 'done', conclusion: 'failure', cause: entry.cause }
  }
}

function causeOf(entry: { readonly cause?: Cause | undefined }): { readonly cause?: Cause } {
  return entry.cause === undefined ? {} : { cause: entry.cause }
}
