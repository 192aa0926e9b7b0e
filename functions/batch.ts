/**
 * A batch of job events: the body of `POST /v1/agent/events`. It is stored as it came and never serialised again; what is read off it here is only
 * what the stream's next key and a viewer need.
 */
import * as z from 'zod'
import { type JobEvent, jobEventSchema } from '../shared/event.ts'
import { parseJsonBytes } from '../shared/json.ts'
import { eventsRequestSchema } from '../shared/protocol.ts'
import type { TryRef } from '../shared/try.ts'

/** Where a stream ends: three numbers that follow from what it holds, whoever counts. */
export interface StreamHead {
  /** Number of the next event. */
  readonly next: number
  /** How many of them are not log text. */
  readonly discrete: number
  /** Bytes (UTF-8) of log text. */
  readonly logOffset: number
}

/** Where the stream of a try begins. */
export const EMPTY_STREAM: StreamHead = { next: 0, discrete: 0, logOffset: 0 }

/** Events as an agent posted them, in the order of their numbers. */
export interface Batch {
  readonly ref: TryRef
  readonly epoch: number
  /** Number of the first event. */
  readonly from: number
  readonly events: readonly JobEvent[]
}

const envelope = eventsRequestSchema.omit({ events: true })
const encoder = new TextEncoder()

/** Parses a batch's body; the message says what is wrong with it. */
export function parseBatch(
  body: Uint8Array,
): { readonly ok: true; readonly value: Batch } | { readonly ok: false; readonly why: string } {
  const parsed = parseJsonBytes(body)
  const head = envelope.safeParse(parsed)
  if (!head.success) return { ok: false, why: z.prettifyError(head.error) }
  const events = z.object({ events: z.array(z.unknown()) }).safeParse(parsed)
  if (!events.success) return { ok: false, why: z.prettifyError(events.error) }
  const { epoch, from, ...ref } = head.data
  const checked: JobEvent[] = []
  for (const [index, event] of events.data.events.entries()) {
    const found = parseEvent(event)
    if (!found.ok) return { ok: false, why: `event ${from + index}: ${found.why}` }
    checked.push(found.value)
  }
  return { ok: true, value: { ref, epoch, from, events: checked } }
}

/** Log text is nearly all of what moves: told by its four fields, without the schema's copy. */
function parseEvent(
  event: unknown,
): { readonly ok: true; readonly value: JobEvent } | { readonly ok: false; readonly why: string } {
  if (isPlainLog(event)) return { ok: true, value: event }
  const parsed = jobEventSchema.safeParse(event)
  return parsed.success ? { ok: true, value: parsed.data } : { ok: false, why: z.prettifyError(parsed.error) }
}

function isPlainLog(event: unknown): event is Extract<JobEvent, { kind: 'log' }> {
  if (typeof event !== 'object' || event === null || !('kind' in event) || event.kind !== 'log') return false
  const positive = 'step' in event && Number.isSafeInteger(event.step) && Number(event.step) >= 1
  const placed = 'offset' in event && Number.isSafeInteger(event.offset) && Number(event.offset) >= 0
  return positive && placed && 'text' in event && typeof event.text === 'string'
}

/** The head after `events`, the first of which has the number `head.next`. Undefined when a log's offset is not where the log ends. */
export function headAfter(head: StreamHead, events: readonly JobEvent[]): StreamHead | undefined {
  let { discrete, logOffset } = head
  for (const event of events) {
    if (event.kind !== 'log') discrete += 1
    else if (event.offset !== logOffset) return undefined
    else logOffset += encoder.encode(event.text).byteLength
  }
  return { next: head.next + events.length, discrete, logOffset }
}
