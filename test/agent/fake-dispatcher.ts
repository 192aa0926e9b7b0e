/** A dispatcher in memory, stricter than the real one: a gap in the numbers, other content under a number or a stale epoch fails at once. */
import assert from 'node:assert/strict'
import type { Dispatcher, HeartbeatAnswer, HeldEvents, Ownership } from '../../agent/dispatcher.ts'
import { LongshoreError } from '../../shared/error.ts'
import type { JobEvent } from '../../shared/event.ts'
import type { SourceRef } from '../../shared/plan.ts'
import type { TryRef } from '../../shared/try.ts'

export interface FakeJob {
  readonly ref: TryRef
  epoch: number
  readonly events: JobEvent[]
  started: number
  cancel?: string
  end?: Parameters<Dispatcher['ended']>[1]
}

export interface FakeDispatcher extends Dispatcher {
  readonly jobs: ReadonlyMap<string, FakeJob>
  /** Nothing can be learnt while it is away. */
  away: boolean
  cancel(ref: TryRef, reason: string): void
  /** Another agent's view of the same dispatcher: `interrupt` runs before and after every call and may reject. */
  seenBy(interrupt: () => Promise<void>): Dispatcher
}

export function createFakeDispatcher(bundles: ReadonlyMap<string, Uint8Array> = new Map()): FakeDispatcher {
  return new InMemory(bundles)
}

function keyOf(ref: TryRef): string {
  return `${ref.run}/${ref.runAttempt}/${ref.job}/${ref.try}`
}

class InMemory implements FakeDispatcher {
  readonly jobs = new Map<string, FakeJob>()
  away = false
  readonly #bundles: ReadonlyMap<string, Uint8Array>

  constructor(bundles: ReadonlyMap<string, Uint8Array>) {
    this.#bundles = bundles
  }

  cancel(ref: TryRef, reason: string): void {
    this.#job(ref).cancel = reason
  }

  seenBy(interrupt: () => Promise<void>): Dispatcher {
    const between = async <T>(call: () => Promise<T>): Promise<T> => {
      await interrupt()
      const answer = await call()
      await interrupt()
      return answer
    }
    return {
      claim: (ref) => between(() => this.claim(ref)),
      takenOver: (ref, epoch) => between(() => this.takenOver(ref, epoch)),
      started: (owner) => between(() => this.started(owner)),
      events: (owner, from, events) => between(() => this.events(owner, from, events)),
      ended: (owner, end) => between(() => this.ended(owner, end)),
      heartbeat: (slots, owners) => between(() => this.heartbeat(slots, owners)),
      bundle: (owner, repository, source) => between(() => this.bundle(owner, repository, source)),
    }
  }

  async claim(ref: TryRef): ReturnType<Dispatcher['claim']> {
    this.#reach()
    const job = this.jobs.get(keyOf(ref)) ?? { ref, epoch: 0, events: [], started: 0 }
    this.jobs.set(keyOf(ref), job)
    if (job.end !== undefined) return { kind: 'gone', why: 'it has ended' }
    if (job.started > 0) return { kind: 'busy' }
    job.epoch += 1
    return { kind: 'yours', epoch: job.epoch, token: `token ${job.epoch}` }
  }

  async takenOver(ref: TryRef, epoch: number): ReturnType<Dispatcher['takenOver']> {
    this.#reach()
    const job = this.#job(ref)
    if (job.end !== undefined || epoch <= job.epoch) throw superseded()
    job.epoch = epoch
    return { token: `token ${epoch}`, held: heldOf(job.events) }
  }

  async started(owner: Ownership): Promise<void> {
    this.#owned(owner).started += 1
  }

  async events(owner: Ownership, from: number, events: readonly JobEvent[]): ReturnType<Dispatcher['events']> {
    const job = this.#owned(owner)
    assert.ok(job.started > 0, 'events come after started')
    assert.ok(from <= job.events.length, `no gap before ${from}`)
    const known = job.events.slice(from, from + events.length)
    assert.deepEqual(events.slice(0, known.length), known, 'a number has one content')
    for (const event of events.slice(known.length)) {
      if (event.kind === 'log') assert.equal(event.offset, heldOf(job.events).logOffset)
      job.events.push(event)
    }
    return { next: job.events.length, cancel: job.cancel !== undefined }
  }

  async ended(owner: Ownership, end: Parameters<Dispatcher['ended']>[1]): Promise<void> {
    this.#reach()
    const job = this.#job(owner.ref)
    if (job.epoch !== owner.epoch) throw superseded()
    if (job.end === undefined) job.end = end
    else assert.deepEqual(end, job.end, 'a job ends once')
  }

  async heartbeat(_slots: number, owners: readonly Ownership[]): Promise<readonly HeartbeatAnswer[]> {
    this.#reach()
    return owners.map((owner) => {
      const job = this.#job(owner.ref)
      if (job.epoch !== owner.epoch || job.end !== undefined) return { kind: 'lost' }
      if (job.cancel !== undefined) return { kind: 'cancel', token: owner.token, reason: job.cancel }
      return { kind: 'run', token: owner.token }
    })
  }

  async bundle(_owner: Ownership, _repository: string, { sha256 }: SourceRef): Promise<Uint8Array> {
    this.#reach()
    const bundle = this.#bundles.get(sha256)
    if (bundle === undefined) throw new LongshoreError('refused', 'never', 'there is no such bundle')
    return bundle
  }

  #reach(): void {
    if (this.away) throw new LongshoreError('unreachable', 'later', 'the dispatcher is away')
  }

  #job(ref: TryRef): FakeJob {
    const job = this.jobs.get(keyOf(ref))
    assert.ok(job, `${keyOf(ref)} was claimed`)
    return job
  }

  #owned(owner: Ownership): FakeJob {
    this.#reach()
    const job = this.#job(owner.ref)
    if (job.epoch !== owner.epoch || job.end !== undefined) throw superseded()
    return job
  }
}

function superseded(): LongshoreError {
  return new LongshoreError('superseded', 'never', 'another agent owns this job, or it is over')
}

function heldOf(events: readonly JobEvent[]): HeldEvents {
  const texts = events.filter((event) => event.kind === 'log')
  const last = texts.at(-1)
  return {
    nextEvent: events.length,
    discrete: events.length - texts.length,
    logOffset: last === undefined ? 0 : last.offset + Buffer.byteLength(last.text),
  }
}
