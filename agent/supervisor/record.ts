/**
 * Output records, as they stand in a step's file and on the wire: 6 bytes time (milliseconds), 1 byte stream (1 stdout, 2 stderr), 4 bytes
 * length, then the bytes; numbers are big endian. A position is an offset in that file, a boundary one where a record begins.
 */
import { RECORD_BYTES_MAX } from './limit.ts'
import type { OutputRecord } from './protocol.ts'

export const RECORD_HEADER_BYTES = 11

/** Writes a record's header into the first RECORD_HEADER_BYTES of `target`. */
export function writeRecordHeader(target: Buffer, atMs: number, stream: OutputRecord['stream'], length: number): void {
  target.writeUIntBE(atMs, 0, 6)
  target.writeUInt8(stream === 'stdout' ? 1 : 2, 6)
  target.writeUInt32BE(length, 7)
}

/** The whole records at the start of `bytes`, which begin at position `from`. Undefined where no record can begin there. */
export function parseRecords(bytes: Uint8Array, from: number): readonly OutputRecord[] | undefined {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const records: OutputRecord[] = []
  for (let at = 0; at + RECORD_HEADER_BYTES <= view.length; ) {
    const stream = view.readUInt8(at + 6)
    const length = view.readUInt32BE(at + 7)
    if ((stream !== 1 && stream !== 2) || length < 1 || length > RECORD_BYTES_MAX) return undefined
    const end = at + RECORD_HEADER_BYTES + length
    if (end > view.length) break
    records.push({
      atMs: view.readUIntBE(at, 6),
      stream: stream === 1 ? 'stdout' : 'stderr',
      bytes: view.subarray(at + RECORD_HEADER_BYTES, end),
      next: from + end,
    })
    at = end
  }
  return records
}

/** Length of the whole records at the start of `bytes`. Undefined where no record can begin there. */
export function wholeRecords(bytes: Uint8Array): number | undefined {
  const records = parseRecords(bytes, 0)
  return records === undefined ? undefined : (records.at(-1)?.next ?? 0)
}
