/** Frames on a byte stream, as protocol.ts describes them. Both ends use this. */
import { FRAME_BYTES_MAX, HELLO_BYTES_MAX } from './limit.ts'

export type Frame =
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'raw'; readonly bytes: Uint8Array }

/** The other side broke the rules: the connection is cut. */
export class FrameError extends Error {
  override readonly name = 'FrameError'
}

const HEADER_BYTES = 5
const KIND_JSON = 1
const KIND_RAW = 2

/** A JSON frame. Throws a `FrameError` where it would be larger than the other side takes. */
export function jsonFrame(value: unknown): Uint8Array {
  const text = JSON.stringify(value)
  const length = Buffer.byteLength(text)
  const frame = Buffer.allocUnsafe(HEADER_BYTES + length)
  writeHeader(frame, KIND_JSON, length)
  frame.write(text, HEADER_BYTES)
  return frame
}

/** The header of a raw frame; its bytes follow, unchanged and not copied. */
export function rawHeader(length: number): Uint8Array {
  const header = Buffer.allocUnsafe(HEADER_BYTES)
  writeHeader(header, KIND_RAW, length)
  return header
}

function writeHeader(target: Buffer, kind: number, length: number): void {
  if (length + 1 > FRAME_BYTES_MAX) throw new FrameError(`a frame of ${length} bytes is over the limit`)
  target.writeUInt32BE(length + 1, 0)
  target.writeUInt8(kind, 4)
}

/** Cuts a stream into frames. Keeps only what belongs to the frame that is not complete yet. */
export class FrameReader {
  #chunks: Buffer[] = []
  #held = 0
  #limit = HELLO_BYTES_MAX

  /** After the hello, frames may be as large as FRAME_BYTES_MAX. */
  trust(): void {
    this.#limit = FRAME_BYTES_MAX
  }

  /** Takes what arrived; the frames completed by it, in order. Lazy, so that `trust` counts for the very next frame. Throws a `FrameError`. */
  *push(chunk: Uint8Array): Generator<Frame> {
    this.#chunks.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))
    this.#held += chunk.byteLength
    while (this.#held >= HEADER_BYTES) {
      const length = this.#first(HEADER_BYTES).readUInt32BE(0)
      if (length < 1 || length > this.#limit) throw new FrameError(`a frame of ${length} bytes is not allowed here`)
      if (this.#held < 4 + length) return
      yield parseFrame(this.#take(4 + length))
    }
  }

  #first(length: number): Buffer {
    const first = this.#chunks[0]
    if (first !== undefined && first.length >= length) return first
    this.#chunks = [Buffer.concat(this.#chunks)]
    return this.#chunks[0] ?? Buffer.alloc(0)
  }

  #take(length: number): Buffer {
    const all = this.#first(length)
    this.#held -= length
    if (all.length === length) this.#chunks.shift()
    else this.#chunks[0] = all.subarray(length)
    return all.subarray(0, length)
  }
}

function parseFrame(frame: Buffer): Frame {
  const kind = frame.readUInt8(4)
  const body = frame.subarray(HEADER_BYTES)
  if (kind === KIND_RAW) return { kind: 'raw', bytes: body }
  if (kind !== KIND_JSON) throw new FrameError(`unknown kind of frame ${kind}`)
  try {
    return { kind: 'json', value: JSON.parse(body.toString('utf8')) }
  } catch (cause) {
    throw new FrameError('a frame that is no JSON', { cause })
  }
}
