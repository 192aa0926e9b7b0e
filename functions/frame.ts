/** Run events on their way to a viewer: made once, written as NDJSON or as server-sent events. Events of jobs stay the bytes that an agent posted. */
import { concatBytes } from '../shared/bytes.ts'
import type { RunEvent } from '../shared/event.ts'
import { type Cursor, encodeCursor } from './cursor.ts'

/** One run event. Its JSON is `text`, or `text`, `raw` and `}`. */
export interface Frame {
  readonly kind: RunEvent['kind']
  readonly cursor: string
  readonly text: string
  readonly raw?: Uint8Array
}

/** A line of JSON an event, or server-sent events with the cursor as their id. */
export type FrameFormat = 'ndjson' | 'sse'

type Timeless<T> = T extends unknown ? Omit<T, 'cursor'> : never

/** A run event that stands after `cursor`. */
export function eventFrame(cursor: Cursor, event: Timeless<Exclude<RunEvent, { kind: 'job-event' }>>): Frame {
  const encoded = encodeCursor(cursor)
  return { kind: event.kind, cursor: encoded, text: JSON.stringify({ cursor: encoded, ...event }) }
}

/** An event of a job's own stream, as stored. */
export function jobEventFrame(cursor: string, runAttempt: number, job: string, raw: Uint8Array): Frame {
  const head = { kind: 'job-event', cursor, runAttempt, job }
  const line = raw.includes(NEWLINE) ? oneLine(raw) : raw
  return { kind: 'job-event', cursor, text: `${JSON.stringify(head).slice(0, -1)},"event":`, raw: line }
}

const NEWLINE = 0x0a
const encoder = new TextEncoder()

/** JSON may stand on several lines, an event of NDJSON may not. */
function oneLine(raw: Uint8Array): Uint8Array {
  return encoder.encode(JSON.stringify(JSON.parse(new TextDecoder().decode(raw))))
}

/** Frames as the bytes of an answer, in one piece. No frames: a sign of life where the format has one. */
export function frameBytes(frames: readonly Frame[], format: FrameFormat): Uint8Array {
  if (frames.length === 0) return encoder.encode(format === 'sse' ? ': still here\n\n' : '')
  return concatBytes(frames.flatMap((frame) => framePieces(frame, format)))
}

function framePieces(frame: Frame, format: FrameFormat): Uint8Array[] {
  const before = format === 'sse' ? `id: ${frame.cursor}\nevent: ${frame.kind}\ndata: ` : ''
  const after = format === 'sse' ? '\n\n' : '\n'
  if (frame.raw === undefined) return [encoder.encode(before + frame.text + after)]
  return [encoder.encode(before + frame.text), frame.raw, encoder.encode(`}${after}`)]
}
