/** A step's two pipes, read into its file of records. A step never waits for whoever reads the records. */
import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs'
import type { Socket } from 'node:net'
import { READ_BYTES_MAX, RECORD_BYTES_MAX } from './limit.ts'
import { openPipe, readPipe } from './pipe.ts'
import type { OutputRecord } from './protocol.ts'
import { RECORD_HEADER_BYTES, wholeRecords, writeRecordHeader } from './record.ts'

export interface Output {
  /** Bytes of records so far. */
  size(): number
  /** Both pipes have no writer left. */
  ended(): boolean
  /** From now on what comes is read and dropped, so that nobody who still writes blocks or dies. */
  discard(): void
}

export interface OutputOptions {
  /** File of records, and the byte where those of this step begin. No other step writes to it meanwhile. */
  readonly records: string
  readonly base: number
  readonly stdout: string
  readonly stderr: string
  /** The step had begun before this supervisor did, so pipes without writers have ended. */
  readonly begun: boolean
  /** Bytes of records of a step that is over. */
  readonly over: number | undefined
  readonly grew: () => void
  readonly end: () => void
}

/** Goes on at the end of the file, without a torn last record. */
export function openOutput(options: OutputOptions): Output {
  const fd = openSync(options.records, 'a+', 0o600)
  let size = options.over ?? cutTornRecord(fd, options.base)
  let open = 2
  let discarding = options.over !== undefined
  if (discarding) closeSync(fd)

  function read(path: string, stream: OutputRecord['stream']): Socket | undefined {
    const buffer = Buffer.allocUnsafe(RECORD_HEADER_BYTES + RECORD_BYTES_MAX)
    const data = (length: number): void => {
      if (discarding) return
      writeRecordHeader(buffer, Date.now(), stream, length)
      const bytes = RECORD_HEADER_BYTES + length
      for (let written = 0; written < bytes; ) written += writeSync(fd, buffer, written, bytes - written)
      size += bytes
      options.grew()
    }
    return readPipe(openPipe(path), buffer.subarray(RECORD_HEADER_BYTES), options.begun, data, () => {
      open -= 1
      if (open === 0) options.end()
    })
  }

  read(options.stdout, 'stdout')
  read(options.stderr, 'stderr')
  return {
    size: () => size,
    ended: () => open === 0,
    discard() {
      if (discarding) return
      discarding = true
      closeSync(fd)
    },
  }
}

/** Whole records of the step whose records begin at `base`, from a boundary on, at most READ_BYTES_MAX bytes. Undefined where `from` is no boundary. */
export function readRecords(path: string, base: number, from: number, size: number): Uint8Array | undefined {
  if (from > size) return undefined
  if (from === size) return new Uint8Array(0)
  const fd = openSync(path, 'r')
  try {
    const bytes = Buffer.allocUnsafe(Math.min(READ_BYTES_MAX, size - from))
    const length = readSync(fd, bytes, 0, bytes.length, base + from)
    const whole = wholeRecords(bytes.subarray(0, length))
    return whole === undefined ? undefined : bytes.subarray(0, whole)
  } finally {
    closeSync(fd)
  }
}

/** Answers with the bytes of whole records from `base` on. */
function cutTornRecord(fd: number, base: number): number {
  const size = fstatSync(fd).size
  const window = Buffer.allocUnsafe(Math.min(READ_BYTES_MAX, size - base))
  let at = base
  while (at < size) {
    const length = readSync(fd, window, 0, window.length, at)
    const whole = wholeRecords(window.subarray(0, length))
    if (whole === undefined || whole === 0) break
    at += whole
  }
  if (at < size) ftruncateSync(fd, at)
  return at - base
}
