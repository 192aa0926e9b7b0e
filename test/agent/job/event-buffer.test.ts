import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import type { HeldEvents } from '../../../agent/dispatcher.ts'
import { createEventBuffer, NOTHING_HELD, type Said, START } from '../../../agent/job/event-buffer.ts'
import type { JobEvent } from '../../../shared/event.ts'
import { LOG_EVENT_BYTES_MAX } from '../../../shared/limit.ts'

const line = fc.string({ unit: 'grapheme', maxLength: 8 }).map((text) => `${text.replaceAll('\n', '')}\n`)
const said: fc.Arbitrary<Said> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('log'), step: fc.integer({ min: 1, max: 2 }), text: line }) },
  fc.record({ kind: fc.constant('summary'), step: fc.integer({ min: 1, max: 2 }), markdown: fc.string() }),
) as fc.Arbitrary<Said>

function drain(all: readonly Said[], held: HeldEvents, maxBytes: number): JobEvent[] {
  const buffer = createEventBuffer(START, held)
  const events: JobEvent[] = []
  for (const one of all) {
    buffer.add(one)
    if (buffer.bytes > maxBytes) events.push(...buffer.take(maxBytes))
  }
  while (!buffer.isEmpty) events.push(...buffer.take(maxBytes))
  return events
}

function headOf(events: readonly JobEvent[]): HeldEvents {
  const texts = events.flatMap((event) => (event.kind === 'log' ? [event.text] : []))
  return {
    nextEvent: events.length,
    discrete: events.length - texts.length,
    logOffset: Buffer.byteLength(texts.join('')),
  }
}

/** Log text by step, and everything else in its place: what a viewer sees, however the text was cut. */
function seen(events: readonly JobEvent[]): unknown[] {
  const out: unknown[] = []
  for (const event of events) {
    const last = out.at(-1)
    if (event.kind !== 'log') out.push(event)
    else if (Array.isArray(last) && last[0] === event.step) last[1] += event.text
    else out.push([event.step, event.text])
  }
  return out
}

test('offsets follow from the text before, and nothing is lost or changed by coalescing', () => {
  fc.assert(
    fc.property(fc.array(said, { maxLength: 40 }), fc.integer({ min: 1, max: 2_000 }), (all, maxBytes) => {
      const events = drain(all, NOTHING_HELD, maxBytes)
      let offset = 0
      for (const event of events) {
        if (event.kind !== 'log') continue
        assert.equal(event.offset, offset)
        offset += Buffer.byteLength(event.text)
      }
      assert.deepEqual(seen(events), seen(all.map((one) => (one.kind === 'log' ? { ...one, offset: 0 } : one))))
    }),
  )
})

test('after a takeover exactly what is held is dropped, wherever it was cut', () => {
  fc.assert(
    fc.property(
      fc.array(said, { maxLength: 40 }),
      fc.integer({ min: 1, max: 2_000 }),
      fc.integer({ min: 1, max: 2_000 }),
      fc.nat(),
      (all, before, after, cut) => {
        const whole = drain(all, NOTHING_HELD, before)
        const kept = whole.slice(0, cut % (whole.length + 1))
        const rest = drain(all, headOf(kept), after)
        assert.deepEqual(seen([...kept, ...rest]), seen(whole))
      },
    ),
  )
})

test('a replay that says something else than what is held is refused', () => {
  const held = { nextEvent: 2, discrete: 1, logOffset: 4 }
  const buffer = createEventBuffer(START, held)
  buffer.add({ kind: 'log', step: 1, text: 'abc\n' })
  assert.ok(buffer.catchingUp)
  assert.throws(() => buffer.add({ kind: 'log', step: 1, text: 'more\n' }), { code: 'replay-differs' })
})

test('a long text becomes several events, each cut after a line', () => {
  const buffer = createEventBuffer(START, NOTHING_HELD)
  const text = `${'x'.repeat(999)}\n`.repeat(2_000)
  buffer.add({ kind: 'log', step: 1, text })
  const events = buffer.take(Number.POSITIVE_INFINITY)
  const texts = events.map((event) => (event.kind === 'log' ? event.text : ''))
  assert.equal(texts.join(''), text)
  assert.ok(texts.every((part) => part.endsWith('\n') && part.length <= LOG_EVENT_BYTES_MAX))
  assert.equal(events.length, 4)
})

test('text of two steps is never one event', () => {
  const buffer = createEventBuffer(START, NOTHING_HELD)
  buffer.add({ kind: 'log', step: 1, text: 'a\n' })
  buffer.add({ kind: 'log', step: 2, text: 'b\n' })
  assert.equal(buffer.take(1_000_000).length, 2)
})
