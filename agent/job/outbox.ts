/**
 * Carries what a job says to the dispatcher: one request at a time, repeated as it was until it is answered, so that a number never has
 * two contents. Whoever writes waits while too much is unsent, so a dispatcher that is away costs no memory.
 */
import type { Clock } from '../../shared/clock.ts'
import { LongshoreError } from '../../shared/error.ts'
import type { JobEvent } from '../../shared/event.ts'
import { EVENTS_LINGER_MS, EVENTS_REQUEST_BYTES_MAX, EVENTS_UNSENT_BYTES_MAX } from '../../shared/limit.ts'
import type { HeldEvents } from '../dispatcher.ts'
import { createNotice, type Notice } from '../notice.ts'
import { untilReached } from '../retry.ts'
import { createEventBuffer, type EventBuffer, type Position, type Said } from './event-buffer.ts'

/** The events of a job on their way to the dispatcher, in order and one request at a time. */
export interface Outbox {
  /** Where the next thing said will stand. */
  readonly position: Position
  /** True while a replay repeats what the dispatcher holds: nothing new may be decided then. */
  readonly catchingUp: boolean
  /** Takes what was said, to be sent soon. Throws what ended the sending: `superseded`, `conflict`, or the reason of the signal. */
  say(said: Said): void
  /** Resolves when there is room for more; to be awaited between large pieces. Rejects as `say` throws. */
  room(): Promise<void>
  /** Resolves when everything written is held by the dispatcher. Rejects as `say` throws. */
  flush(): Promise<void>
}

/** `post` sends numbered events; `signal` ends the sending. */
export interface OutboxOptions {
  /** Rejects with retry `later` where it may be repeated. */
  readonly post: (from: number, events: readonly JobEvent[], signal: AbortSignal) => Promise<void>
  /** Where the job goes on. */
  readonly from: Position
  readonly held: HeldEvents
  readonly clock: Clock
  /** Ends the sending; what waits is dropped. */
  readonly signal: AbortSignal
}

/** The sending goes on until the signal is aborted or the dispatcher refuses. */
export function createOutbox(options: OutboxOptions): Outbox {
  const buffer = createEventBuffer(options.from, options.held)
  const changed = createNotice()
  const state: Sending = { buffer, changed, next: options.held.nextEvent, busy: false, urgent: false }
  send(state, options).catch((error: unknown) => {
    state.failure = { error }
    changed.notify()
  })
  return {
    get position() {
      return buffer.position
    },
    get catchingUp() {
      return buffer.catchingUp
    },
    say: (said) => {
      if (state.failure) throw state.failure.error
      buffer.add(said)
      changed.notify()
    },
    room: () => until(state, options.signal, () => buffer.bytes <= EVENTS_UNSENT_BYTES_MAX),
    flush: async () => {
      state.urgent = true
      changed.notify()
      await until(state, options.signal, () => buffer.isEmpty && !state.busy)
      state.urgent = false
    },
  }
}

interface Sending {
  readonly buffer: EventBuffer
  readonly changed: Notice
  /** Number of the next event to send. */
  next: number
  busy: boolean
  /** Somebody waits for the end: no lingering. */
  urgent: boolean
  failure?: { readonly error: unknown }
}

async function until(state: Sending, signal: AbortSignal, done: () => boolean): Promise<void> {
  while (!done()) {
    if (state.failure) throw state.failure.error
    await state.changed.wait(signal)
  }
}

async function send(state: Sending, options: OutboxOptions): Promise<void> {
  while (true) {
    await until(state, options.signal, () => !state.buffer.isEmpty)
    await linger(state, options)
    const events = state.buffer.take(EVENTS_REQUEST_BYTES_MAX)
    const from = state.next
    state.busy = true
    await untilReached(() => options.post(from, events, options.signal), options.clock, options.signal)
    state.next += events.length
    state.busy = false
    state.changed.notify()
  }
}

/** Waits a little for more to send along, unless there is a requestful or somebody waits. */
async function linger(state: Sending, options: OutboxOptions): Promise<void> {
  const enough = () => state.urgent || state.buffer.bytes >= EVENTS_REQUEST_BYTES_MAX
  if (enough()) return
  const over = new AbortController()
  const signal = AbortSignal.any([options.signal, over.signal])
  const timer = options.clock.sleep(EVENTS_LINGER_MS, signal).then(
    () => over.abort(LINGERED),
    () => undefined,
  )
  try {
    await until(state, signal, enough)
    over.abort(LINGERED)
  } catch (error) {
    if (error !== LINGERED) throw error
  }
  await timer
}

const LINGERED = new LongshoreError('lingered', 'later', 'waited long enough for more to send')
