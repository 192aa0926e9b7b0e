import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Frame, FrameError, FrameReader, jsonFrame, rawHeader } from '../../agent/supervisor/frame.ts'
import { parseHello, parseRequest } from '../../agent/supervisor/message.ts'
import { parseRecords, RECORD_HEADER_BYTES, wholeRecords, writeRecordHeader } from '../../agent/supervisor/record.ts'

const frame = fc.oneof(
  fc.jsonValue().map((value): Frame => ({ kind: 'json', value: JSON.parse(JSON.stringify(value)) })),
  fc.uint8Array({ maxLength: 300 }).map((bytes): Frame => ({ kind: 'raw', bytes: Buffer.from(bytes) })),
)

function encode(one: Frame): Uint8Array {
  return one.kind === 'json' ? jsonFrame(one.value) : Buffer.concat([rawHeader(one.bytes.length), one.bytes])
}

function readAll(reader: FrameReader, bytes: Uint8Array, cuts: readonly number[]): Frame[] {
  const sorted = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)
  return sorted.slice(1).flatMap((end, index) => [...reader.push(bytes.subarray(sorted[index], end))])
}

test('frames come out as they went in, however the stream is cut', () => {
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 8 }), fc.array(fc.nat(), { maxLength: 12 }), (frames, cuts) => {
      const reader = new FrameReader()
      reader.trust()
      assert.deepEqual(readAll(reader, Buffer.concat(frames.map(encode)), cuts), frames)
    }),
  )
})

test('noise is refused or waited for, and nothing else', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.array(fc.nat(), { maxLength: 5 }), (noise, cuts) => {
      try {
        for (const one of readAll(new FrameReader(), noise, cuts)) assert.ok(one.kind === 'json' || one.kind === 'raw')
      } catch (error) {
        assert.ok(error instanceof FrameError)
      }
    }),
  )
})

test('before the hello a frame is small, after it large, and never over the limit', () => {
  const large = jsonFrame('x'.repeat(10_000))
  assert.throws(() => [...new FrameReader().push(large)], FrameError)
  const reader = new FrameReader()
  reader.trust()
  assert.equal([...reader.push(large)].length, 1)
  assert.throws(() => [...reader.push(Buffer.from([127, 255, 255, 255, 1]))], FrameError)
  assert.throws(() => rawHeader(40_000_000), FrameError)
})

test('no JSON makes the supervisor throw: it is a request or it is none', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom('start', 'read', 'tree', 'append', 'hash', 'signal'), (value, kind) => {
      const parts = typeof value === 'object' && value !== null && !Array.isArray(value) ? value : { command: value }
      assert.equal(parseHello(value), undefined)
      parseRequest(value)
      parseRequest({ ...parts, kind, id: 1 })
    }),
  )
  const command = { key: 'a', argv: ['sh'], env: {}, cwd: '/', fileCommands: {} }
  const start = (changes: object) =>
    parseRequest({ kind: 'start', id: 1, entries: [], command: { ...command, ...changes } })
  assert.ok(start({}) !== undefined)
  for (const bad of [
    { key: '../a' },
    { key: '' },
    { argv: [] },
    { argv: ['a\0b'] },
    { env: { 'A=B': '' } },
    { cwd: 1 },
  ])
    assert.equal(start(bad), undefined)
  for (const extension of ['/../x', 'a/b']) assert.equal(start({ script: { text: '', extension } }), undefined)
})

test('whole records are read, a torn one is left, and a wrong position is noticed', () => {
  const records = fc.array(
    fc.tuple(fc.constantFrom('stdout', 'stderr'), fc.uint8Array({ minLength: 1, maxLength: 50 })),
  )
  fc.assert(
    fc.property(records, fc.nat(), (written, cut) => {
      const file = Buffer.concat(
        written.map(([stream, bytes]) => {
          const header = Buffer.alloc(RECORD_HEADER_BYTES)
          writeRecordHeader(header, 1_700_000_000_000, stream, bytes.length)
          return Buffer.concat([header, bytes])
        }),
      )
      const part = file.subarray(0, cut % (file.length + 1))
      const read = parseRecords(part, 1_000) ?? []
      assert.deepEqual(
        read.map(({ stream, bytes }) => [stream, [...bytes]]),
        written.slice(0, read.length).map(([stream, bytes]) => [stream, [...bytes]]),
      )
      const length = wholeRecords(part) ?? -1
      assert.equal(read.at(-1)?.next ?? 1_000, 1_000 + length)
      assert.ok(part.length - length < RECORD_HEADER_BYTES + 50)
    }),
  )
  assert.equal(parseRecords(Buffer.alloc(20, 9), 0), undefined)
})
