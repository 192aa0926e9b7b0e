/**
 * What a job has said and the dispatcher does not yet hold. Log text that is adjacent becomes one event; after a takeover exactly the
 * prefix which the dispatcher holds is dropped. Synchronous and without a clock.
 */

import { LongshoreError } from '../../shared/error.ts'
import type { JobEvent } from '../../shared/event.ts'
import { LOG_EVENT_BYTES_MAX } from '../../shared/limit.ts'
import type { HeldEvents } from '../dispatcher.ts'

/** A place in the sequence of all that a job says. */
export interface Position {
  /** Events before it that are not log text. */
  readonly discrete: number
  /** Bytes of log text before it. */
  readonly logBytes: number
}

/** An event that is never cut or put together with another. */
export type DiscreteEvent = Exclude<JobEvent, { kind: 'log' }>
/** Something said: an event, or whole lines of the log. */
export type Said = DiscreteEvent | { readonly kind: 'log'; readonly step: number; readonly text: string }

/** Where a job begins to speak. */
export const START: Position = { discrete: 0, logBytes: 0 }

/** Held by a dispatcher that has heard nothing. */
export const NOTHING_HELD: HeldEvents = { nextEvent: 0, discrete: 0, logOffset: 0 }

/** What was said and is not sent yet, in order. */
export interface EventBuffer {
  /** Where the next thing said will stand. */
  readonly position: Position
  /** True while what comes next is held by the dispatcher already. */
  readonly catchingUp: boolean
  /** Bytes that wait, about. */
  readonly bytes: number
  readonly isEmpty: boolean
  /** Throws `replay-differs` (never) where a replay says something else than what is held. */
  add(said: Said): void
  /** Takes events from the front: as many as fit, and at least one where there is one. */
  take(maxBytes: number): readonly JobEvent[]
}

/** What an event costs besides its text, about, in bytes: as JSON. */
const EVENT_OVERHEAD_BYTES = 200

interface LogRun {
  readonly kind: 'log'
  readonly step: number
  readonly offset: number
  readonly parts: string[]
  bytes: number
}
interface Waiting {
  readonly event: LogRun | DiscreteEvent
  bytes: number
}

/** A buffer for what is said from `from` on, of which the dispatcher has `held`. */
export function createEventBuffer(from: Position, held: HeldEvents): EventBuffer {
  const waiting: Waiting[] = []
  let { discrete, logBytes } = from
  let bytes = 0

  function push(entry: Waiting): void {
    waiting.push(entry)
    bytes += entry.bytes
  }
  function addDiscrete(event: DiscreteEvent): void {
    discrete += 1
    if (discrete <= held.discrete) return
    if (logBytes < held.logOffset) throw replayDiffers()
    push({ event, bytes: EVENT_OVERHEAD_BYTES + sizeOf(event) })
  }
  function addText(step: number, text: string): void {
    const size = Buffer.byteLength(text)
    const known = Math.min(size, Math.max(0, held.logOffset - logBytes))
    const fresh = known === 0 ? text : Buffer.from(text).subarray(known).toString()
    logBytes += known
    if (fresh === '') return
    if (discrete < held.discrete) throw replayDiffers()
    for (const part of cut(fresh, size - known)) append(step, part.text, part.bytes)
  }
  function append(step: number, text: string, size: number): void {
    const last = waiting.at(-1)
    if (last?.event.kind === 'log' && last.event.step === step && last.event.bytes + size <= LOG_EVENT_BYTES_MAX) {
      last.event.parts.push(text)
      last.event.bytes += size
      last.bytes += size
      bytes += size
    } else {
      const event: LogRun = { kind: 'log', step, offset: logBytes, parts: [text], bytes: size }
      push({ event, bytes: EVENT_OVERHEAD_BYTES + size })
    }
    logBytes += size
  }
  return {
    get position() {
      return { discrete, logBytes }
    },
    get catchingUp() {
      return discrete < held.discrete || logBytes < held.logOffset
    },
    get bytes() {
      return bytes
    },
    get isEmpty() {
      return waiting.length === 0
    },
    add: (said) => (said.kind === 'log' ? addText(said.step, said.text) : addDiscrete(said)),
    take: (maxBytes) => {
      const count = fitting(waiting, maxBytes)
      const taken = waiting.splice(0, count)
      bytes -= taken.reduce((sum, entry) => sum + entry.bytes, 0)
      return taken.map((entry) => finished(entry.event))
    },
  }
}

function replayDiffers(): LongshoreError {
  return new LongshoreError('replay-differs', 'never', 'the dispatcher holds events that do not follow from the job')
}

function sizeOf(event: DiscreteEvent): number {
  if (event.kind === 'summary') return Buffer.byteLength(event.markdown)
  return event.kind === 'annotation' ? Buffer.byteLength(event.message) : 0
}

function fitting(waiting: readonly Waiting[], maxBytes: number): number {
  let count = 0
  let sum = 0
  for (const entry of waiting) {
    sum += entry.bytes
    if (count > 0 && sum > maxBytes) break
    count += 1
  }
  return count
}

function finished(event: LogRun | DiscreteEvent): JobEvent {
  if (event.kind !== 'log') return event
  return { kind: 'log', step: event.step, offset: event.offset, text: event.parts.join('') }
}

/** Cuts after a line, so that each part fits an event; a single line longer than that stays whole. */
function* cut(text: string, size: number): Generator<{ text: string; bytes: number }> {
  if (size <= LOG_EVENT_BYTES_MAX) return yield { text, bytes: size }
  const whole = Buffer.from(text)
  let start = 0
  while (start < whole.length) {
    const end = lineEnd(whole, start)
    yield { text: whole.subarray(start, end).toString(), bytes: end - start }
    start = end
  }
}

function lineEnd(whole: Buffer, start: number): number {
  if (whole.length - start <= LOG_EVENT_BYTES_MAX) return whole.length
  const last = whole.lastIndexOf(0x0a, start + LOG_EVENT_BYTES_MAX - 1)
  if (last >= start) return last + 1
  const next = whole.indexOf(0x0a, start)
  return next < 0 ? whole.length : next + 1
}
