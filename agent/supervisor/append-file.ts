/**
 * A file of JSON lines that is only appended to, in one write a line. It outlives its writer's death at any moment (a torn last line is cut
 * off at the next start); it is not synced to the disk, for a pod does not outlive its node.
 */
import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs'

export interface AppendFile {
  /** Bytes so far. */
  size(): number
  append(value: unknown): void
  /** The text between two positions. */
  read(from: number, to: number): string
  close(): void
}

/** Opens or makes the file; `line` gets each whole line with its position, in order. Lines that are no JSON end the file there. */
export function openAppendFile(path: string, line: (value: unknown, from: number, to: number) => void): AppendFile {
  const fd = openSync(path, 'a+', 0o600)
  let size = replay(readAll(fd, 0, fstatSync(fd).size), line)
  ftruncateSync(fd, size)
  return {
    size: () => size,
    append(value) {
      const bytes = Buffer.from(`${JSON.stringify(value)}\n`)
      for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written)
      size += bytes.length
    },
    read: (from, to) => readAll(fd, from, to).toString('utf8'),
    close: () => closeSync(fd),
  }
}

function replay(bytes: Buffer, line: (value: unknown, from: number, to: number) => void): number {
  let from = 0
  for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, from)) {
    const value = parseLine(bytes.toString('utf8', from, end))
    if (value === undefined) return from
    line(value, from, end + 1)
    from = end + 1
  }
  return from
}

function parseLine(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Torn by a death in the middle of a write: it was never acknowledged, so it never was.
    return undefined
  }
}

function readAll(fd: number, from: number, to: number): Buffer {
  const bytes = Buffer.alloc(Math.max(0, to - from))
  let length = 0
  while (length < bytes.length) {
    const read = readSync(fd, bytes, length, bytes.length - length, from + length)
    if (read === 0) break
    length += read
  }
  return bytes.subarray(0, length)
}
