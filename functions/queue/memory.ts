/** The queue inside one process: for `longshore run`, and for tests. Loses everything with the process, as its sender does. */
import { type Clock, pause } from '../../shared/clock.ts'
import { VISIBILITY_TIMEOUT_S } from '../../shared/limit.ts'
import {
  type QueueMessage,
  RECEIVE_WAIT_DEFAULT_MS,
  type ReceiveOptions,
  type ReceiveQueues,
  type ReceiveSide,
  type SendQueue,
} from '../queue.ts'

interface Held {
  readonly id: number
  readonly body: string
  receives: number
  visibleAtMs: number
}

/** Each cluster has a queue of its own, made when it is first named. */
export function createMemoryQueue(clock: Clock): SendQueue & ReceiveQueues {
  const clusters = new Map<string, MemoryCluster>()
  const of = (cluster: string): MemoryCluster => {
    const known = clusters.get(cluster) ?? new MemoryCluster(clock)
    clusters.set(cluster, known)
    return known
  }
  return { send: async (cluster, body) => of(cluster).send(body), of }
}

class MemoryCluster implements ReceiveSide {
  readonly #clock: Clock
  readonly #held = new Map<number, Held>()
  readonly #waiting = new Set<() => void>()
  #lastId = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  send(body: string): void {
    this.#lastId += 1
    this.#held.set(this.#lastId, { id: this.#lastId, body, receives: 0, visibleAtMs: 0 })
    this.#ring()
  }

  async receive(max: number, signal: AbortSignal, options: ReceiveOptions = {}): Promise<readonly QueueMessage[]> {
    const untilMs = this.#clock.nowMs() + (options.waitMs ?? RECEIVE_WAIT_DEFAULT_MS)
    for (;;) {
      signal.throwIfAborted()
      const messages = this.#take(max, options.visibilityS ?? VISIBILITY_TIMEOUT_S)
      const nowMs = this.#clock.nowMs()
      if (messages.length > 0 || nowMs >= untilMs) return messages
      await this.#sleep(Math.min(untilMs, this.#nextVisibleMs()) - nowMs, signal)
    }
  }

  async extend(message: { readonly receipt: string }, visibilityS = VISIBILITY_TIMEOUT_S): Promise<void> {
    const held = this.#find(message.receipt)
    if (held === undefined || receiptOf(held) !== message.receipt) return
    held.visibleAtMs = this.#clock.nowMs() + visibilityS * 1_000
    this.#ring()
  }

  async delete(message: { readonly receipt: string }): Promise<void> {
    const held = this.#find(message.receipt)
    if (held !== undefined) this.#held.delete(held.id)
  }

  /** By a receipt that was given out, the last or one before. */
  #find(receipt: string): Held | undefined {
    const [, id, receives] = /^(\d+)\.(\d+)$/.exec(receipt) ?? []
    const held = this.#held.get(Number(id))
    return held !== undefined && Number(receives) >= 1 && Number(receives) <= held.receives ? held : undefined
  }

  #take(max: number, visibilityS: number): QueueMessage[] {
    const nowMs = this.#clock.nowMs()
    const visible = [...this.#held.values()].filter((held) => held.visibleAtMs <= nowMs).slice(0, max)
    for (const held of visible) {
      held.receives += 1
      held.visibleAtMs = nowMs + visibilityS * 1_000
    }
    return visible.map((held) => ({ receipt: receiptOf(held), body: held.body, receives: held.receives }))
  }

  #nextVisibleMs(): number {
    let next = Number.POSITIVE_INFINITY
    for (const held of this.#held.values()) next = Math.min(next, held.visibleAtMs)
    return next
  }

  #ring(): void {
    for (const wake of this.#waiting) wake()
  }

  /** Until a message may be visible, `ms` at the latest. An aborted one leaves nothing behind that could take a message. */
  async #sleep(ms: number, signal: AbortSignal): Promise<void> {
    const over = new AbortController()
    const wake = (): void => over.abort()
    this.#waiting.add(wake)
    try {
      await pause(this.#clock, ms, AbortSignal.any([over.signal, signal]))
    } finally {
      this.#waiting.delete(wake)
    }
  }
}

function receiptOf(held: Held): string {
  return `${held.id}.${held.receives}`
}
