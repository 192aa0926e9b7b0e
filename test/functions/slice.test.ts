import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Cursor, cursorsOf, encodeCursor, parseCursor } from '../../functions/cursor.ts'
import { elements, member } from '../../functions/slice.ts'

const parsed = (bytes: Uint8Array | undefined): unknown => JSON.parse(new TextDecoder().decode(bytes))

test('the parts of any JSON are what a parser makes of it, however it is laid out', () => {
  const layout = fc.constantFrom(undefined, 1, '\t')
  fc.assert(
    fc.property(
      fc.array(fc.jsonValue()),
      fc.dictionary(fc.string(), fc.jsonValue()),
      layout,
      (events, others, space) => {
        const value = { ...others, events, from: 7 }
        const json = new TextEncoder().encode(JSON.stringify(value, null, space))
        const expected: unknown[] = JSON.parse(JSON.stringify(events))
        const array = member(json, 'events')
        assert.ok(array)
        assert.deepEqual(elements(array).map(parsed), expected)
        assert.equal(parsed(member(json, 'from')), 7)
      },
    ),
  )
})

test('a name that is not there has no value', () => {
  const json = new TextEncoder().encode('{"a":{"events":[1]},"b":"\\"events\\":[2]"}')
  assert.equal(member(json, 'events'), undefined)
  assert.deepEqual(elements(new TextEncoder().encode(' [ ] ').subarray(1)), [])
})

test('a cursor is read back as it was, whichever job moved last', () => {
  const job = fc.stringMatching(/^[A-Za-z_][\w-]{0,20}(\.\d{1,3})?$/)
  const position = fc.record({ states: fc.nat(), try: fc.nat({ max: 9 }), events: fc.nat() }, { noNullPrototype: true })
  const jobs = fc.dictionary(job, position, { maxKeys: 6 }).map((known) => new Map(Object.entries(known)))
  const phase = fc.constantFrom<Cursor['phase']>('before', 'running', 'ended')
  const runAttempt = fc.integer({ min: 1, max: 999 })
  const cursor = fc.record({ runAttempt, phase, jobs }, { noNullPrototype: true })
  fc.assert(
    fc.property(cursor, job, position, (at, moved, to) => {
      assert.deepEqual(parseCursor(encodeCursor(at)), at)
      const next = parseCursor(cursorsOf(at, moved)(to))
      assert.deepEqual(next, { ...at, jobs: new Map([...at.jobs, [moved, to]]) })
    }),
  )
})
