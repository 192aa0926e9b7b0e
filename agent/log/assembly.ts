/**
 * Puts one stream's reads together into lines. Lines end with `\n`, `\r\n` or `\r`, as the official runner reads them; bytes are decoded in
 * whole lines or whole characters only, so invalid UTF-8 becomes the same U+FFFD however the reads fell.
 *
 *   line ──LOG_LINE_BYTES_MAX without a break──▶ command  (it begins as one: kept whole)  ──over COMMAND_BYTES_MAX──▶ dropped
 *                                          └───▶ pieces   (printed as it comes)
 *   any of them ──a line break──▶ line
 */
import { LOG_LINE_BYTES_MAX } from '../../shared/limit.ts'

/** JSON. `held` is base64. */
export interface AssemblyState {
  readonly mode: 'line' | 'command' | 'pieces' | 'dropped'
  readonly held: string
  /** The last byte seen was `\r`: a `\n` after it belongs to it. */
  readonly afterReturn: boolean
  /** Characters at the start of `held` that belong to a secret cut by the piece before. */
  readonly covered: number
}

/** A piece of one stream, ready to be read as lines. */
export type Part =
  /** Whole lines, each with its break. */
  | { readonly kind: 'lines'; readonly bytes: Buffer }
  /** One line of LOG_LINE_BYTES_MAX or more, or its rest, without its break. */
  | { readonly kind: 'long'; readonly bytes: Buffer }

/** One stream's unfinished line. Mutable: every read passes here. */
export interface Assembly {
  mode: AssemblyState['mode']
  covered: number
  afterReturn: boolean
  held: Uint8Array[]
  heldBytes: number
}

/** At the start of a stream, or where an earlier one was. */
export function createAssembly(state?: AssemblyState): Assembly {
  const held = Buffer.from(state?.held ?? '', 'base64')
  return {
    mode: state?.mode ?? 'line',
    covered: state?.covered ?? 0,
    afterReturn: state?.afterReturn ?? false,
    held: [held],
    heldBytes: held.length,
  }
}

/** What is held back goes along, in base64. */
export function assemblyState(assembly: Assembly): AssemblyState {
  const { mode, covered, afterReturn } = assembly
  return { mode, covered, afterReturn, held: Buffer.concat(assembly.held).toString('base64') }
}

/** Keeps bytes of a line that has not ended. */
export function hold(assembly: Assembly, bytes: Uint8Array): void {
  if (bytes.length === 0 || assembly.mode === 'dropped') return
  assembly.held.push(bytes)
  assembly.heldBytes += bytes.length
}

/** All that is held, which then is held no more. */
export function release(assembly: Assembly): Buffer {
  const bytes = assembly.held.length === 1 ? asBuffer(assembly.held[0] ?? EMPTY) : Buffer.concat(assembly.held)
  assembly.held = []
  assembly.heldBytes = 0
  return bytes
}

/**
 * Takes a read and answers the lines it finishes, what was held included; the rest is held. A line that had become long comes
 * first, as `long`.
 */
export function takeParts(assembly: Assembly, read: Uint8Array): readonly Part[] {
  const bytes = asBuffer(assembly.afterReturn && read[0] === LINE_FEED ? read.subarray(1) : read)
  if (read.length > 0) assembly.afterReturn = false
  const end = lastBreak(bytes) + 1
  if (end === 0) {
    hold(assembly, bytes)
    return []
  }
  assembly.afterReturn = end === bytes.length && bytes[end - 1] === RETURN
  const parts = finishLines(assembly, bytes.subarray(0, end))
  hold(assembly, bytes.subarray(end))
  return parts
}

/** Where a text may be cut at or just before `at` without breaking a character in two. */
export function characterBoundary(bytes: Uint8Array, at: number): number {
  for (let back = 0; back < 4 && at - back > 0; back += 1) {
    if (((bytes[at - back] ?? 0) & 0xc0) !== 0x80) return at - back
  }
  return at
}

const LINE_FEED = 10
const RETURN = 13
const EMPTY = new Uint8Array()

function finishLines(assembly: Assembly, bytes: Buffer): readonly Part[] {
  if (assembly.mode === 'line') {
    hold(assembly, bytes)
    return splitLong(release(assembly))
  }
  const end = firstBreak(bytes)
  hold(assembly, bytes.subarray(0, end))
  return [{ kind: 'long', bytes: release(assembly) }, ...splitLong(bytes.subarray(afterBreak(bytes, end)))]
}

/** Hops from line to line in steps of the limit, so that ordinary output is not searched line by line. */
function splitLong(bytes: Buffer): readonly Part[] {
  const parts: Part[] = []
  let from = 0
  let at = 0
  while (bytes.length - at > LOG_LINE_BYTES_MAX) {
    const last = lastBreak(bytes.subarray(at, at + LOG_LINE_BYTES_MAX))
    if (last >= 0) {
      at += last + 1
      continue
    }
    if (at > from) parts.push({ kind: 'lines', bytes: bytes.subarray(from, at) })
    const end = at + firstBreak(bytes.subarray(at))
    parts.push({ kind: 'long', bytes: bytes.subarray(at, end) })
    at = afterBreak(bytes, end)
    from = at
  }
  if (from < bytes.length) parts.push({ kind: 'lines', bytes: bytes.subarray(from) })
  return parts
}

function lastBreak(bytes: Buffer): number {
  return Math.max(bytes.lastIndexOf(LINE_FEED), bytes.lastIndexOf(RETURN))
}

function firstBreak(bytes: Buffer): number {
  const [feed, carriage] = [bytes.indexOf(LINE_FEED), bytes.indexOf(RETURN)]
  return feed < 0 || carriage < 0 ? Math.max(feed, carriage) : Math.min(feed, carriage)
}

function afterBreak(bytes: Buffer, at: number): number {
  return bytes[at] === RETURN && bytes[at + 1] === LINE_FEED ? at + 2 : at + 1
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
