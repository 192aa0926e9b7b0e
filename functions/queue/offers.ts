/**
 * The queue without a queue: an offer that stands in the store is a message. Who receives gets the offers of its cluster that nobody has started, signed
 * then; only what was received and when is kept in memory, so a restart of the dispatcher is a redelivery and nothing more.
 */

import { pause } from '../../shared/clock.ts'
import { LongshoreError } from '../../shared/error.ts'
import { VISIBILITY_TIMEOUT_S } from '../../shared/limit.ts'
import { type TryEntry, type TryRef, tryState } from '../../shared/try.ts'
import { type Dispatcher, openDispatcher, signMessage } from '../dispatcher.ts'
import { OPEN_PREFIX, parseOpenKey, tryName } from '../keys.ts'
import type { KnownRun } from '../ledger.ts'
import type { Ports } from '../ports.ts'
import {
  type QueueMessage,
  RECEIVE_WAIT_DEFAULT_MS,
  type Receipt,
  type ReceiveOptions,
  type ReceiveQueues,
  type ReceiveSide,
  type SendQueue,
} from '../queue.ts'

/** All ports but the queue itself. */
export type OffersPorts = Omit<Ports, 'queue' | 'receive'>

export function createOffersQueue(ports: OffersPorts): SendQueue & ReceiveQueues {
  const clusters = new Map<string, OffersOfCluster>()
  const of = (cluster: string): OffersOfCluster => {
    const known = clusters.get(cluster) ?? new OffersOfCluster(dispatcher, cluster)
    clusters.set(cluster, known)
    return known
  }
  const queue = { send: async (cluster: string) => of(cluster).ring(), of }
  const dispatcher = openDispatcher({ ...ports, queue })
  return queue
}

/** An offer that is a message now. */
interface Candidate {
  readonly name: string
  readonly known: KnownRun
  readonly ref: TryRef
  readonly offered: TryEntry & { readonly kind: 'offered' }
  /** Somebody has it: before it may go to another, it must have been seen for as long as a message stays hidden. */
  readonly claimed: boolean
}

interface Held {
  receives: number
  visibleAtMs: number
  deleted: boolean
}

class OffersOfCluster implements ReceiveSide {
  readonly #dispatcher: Dispatcher
  readonly #cluster: string
  readonly #held = new Map<string, Held>()
  readonly #waiting = new Set<() => void>()

  constructor(dispatcher: Dispatcher, cluster: string) {
    this.#dispatcher = dispatcher
    this.#cluster = cluster
  }

  ring(): void {
    for (const wake of this.#waiting) wake()
  }

  async receive(max: number, signal: AbortSignal, options: ReceiveOptions = {}): Promise<readonly QueueMessage[]> {
    const { clock } = this.#dispatcher.ports
    const untilMs = clock.nowMs() + (options.waitMs ?? RECEIVE_WAIT_DEFAULT_MS)
    for (;;) {
      signal.throwIfAborted()
      const rung = this.#listen()
      try {
        const candidates = await this.#candidates()
        signal.throwIfAborted()
        const taken = this.#take(candidates, max, options.visibilityS ?? VISIBILITY_TIMEOUT_S)
        if (taken.length > 0) return await this.#messages(taken)
        const nowMs = clock.nowMs()
        if (nowMs >= untilMs) return []
        await rung.wait(Math.min(untilMs, this.#nextVisibleMs()) - nowMs, signal)
      } finally {
        rung.close()
      }
    }
  }

  async extend({ receipt }: Receipt, visibilityS = VISIBILITY_TIMEOUT_S): Promise<void> {
    const held = this.#held.get(nameOf(receipt))
    if (held === undefined || receipt !== receiptOf(nameOf(receipt), held)) return
    held.visibleAtMs = this.#dispatcher.ports.clock.nowMs() + visibilityS * 1_000
    this.ring()
  }

  async delete({ receipt }: Receipt): Promise<void> {
    const held = this.#held.get(nameOf(receipt))
    if (held !== undefined) held.deleted = true
  }

  /** What every open run has for this cluster. What is no message any more is forgotten. */
  async #candidates(): Promise<Candidate[]> {
    const found: Candidate[] = []
    for await (const key of this.#dispatcher.ports.store.list(OPEN_PREFIX)) {
      const open = parseOpenKey(key)
      const known = open === undefined ? undefined : await this.#dispatcher.ledger.load(open.run)
      if (known !== undefined && known.closed === undefined) found.push(...this.#candidatesOf(known))
    }
    const names = new Set(found.map(({ name }) => name))
    for (const name of this.#held.keys()) if (!names.has(name)) this.#held.delete(name)
    return found
  }

  #candidatesOf(known: KnownRun): Candidate[] {
    const { runAttempt, logs } = known.facts
    const nowMs = this.#dispatcher.ports.clock.nowMs()
    const found: Candidate[] = []
    for (const [job, tries] of logs.get(runAttempt) ?? [])
      for (const [number, log] of tries.entries()) {
        const state = tryState(log)
        const offered = log.findLast((entry) => entry.kind === 'offered')
        if ((state.kind !== 'offered' && state.kind !== 'claimed') || offered?.kind !== 'offered') continue
        if (offered.cluster !== this.#cluster || offered.expiresMs <= nowMs) continue
        const ref = { run: known.plan.run, runAttempt, job, try: number }
        const name = `${ref.run}~${tryName(ref)}~${offered.offer}`
        found.push({ name, known, ref, offered, claimed: state.kind === 'claimed' })
      }
    return found
  }

  #take(candidates: readonly Candidate[], max: number, visibilityS: number): Candidate[] {
    const nowMs = this.#dispatcher.ports.clock.nowMs()
    const hiddenUntilMs = nowMs + visibilityS * 1_000
    const taken: Candidate[] = []
    for (const candidate of candidates) {
      const held = this.#held.get(candidate.name)
      if (held === undefined && candidate.claimed)
        this.#held.set(candidate.name, { receives: 0, visibleAtMs: hiddenUntilMs, deleted: false })
      else if (taken.length < max && (held === undefined || (!held.deleted && held.visibleAtMs <= nowMs))) {
        const receives = (held?.receives ?? 0) + 1
        this.#held.set(candidate.name, { receives, visibleAtMs: hiddenUntilMs, deleted: false })
        taken.push(candidate)
      }
    }
    return taken
  }

  async #messages(taken: readonly Candidate[]): Promise<QueueMessage[]> {
    return Promise.all(
      taken.map(async ({ name, known, ref, offered }) => {
        const body = await signMessage(this.#dispatcher.ports, known, ref, offered)
        const held = this.#held.get(name)
        if (held === undefined) throw new LongshoreError('gone', 'later', 'the offer is no message any more')
        return { receipt: receiptOf(name, held), body, receives: held.receives }
      }),
    )
  }

  #nextVisibleMs(): number {
    let next = Number.POSITIVE_INFINITY
    for (const held of this.#held.values()) if (!held.deleted) next = Math.min(next, held.visibleAtMs)
    return next
  }

  /** Listens from now on, so that a ring during the walk over the store is not lost. */
  #listen(): { wait(ms: number, signal: AbortSignal): Promise<void>; close(): void } {
    const over = new AbortController()
    const wake = (): void => over.abort()
    this.#waiting.add(wake)
    return {
      wait: async (ms, signal) => {
        if (over.signal.aborted) return
        await pause(this.#dispatcher.ports.clock, ms, AbortSignal.any([over.signal, signal]))
      },
      close: () => this.#waiting.delete(wake),
    }
  }
}

function receiptOf(name: string, held: Held): string {
  return `${name}~${held.receives}`
}

function nameOf(receipt: string): string {
  return receipt.slice(0, receipt.lastIndexOf('~'))
}
