/**
 * A tree of files as a gzipped tar: how a run's source travels. Read: ustar with pax and GNU long names. Written: ustar with pax where a name is
 * long. What would leave the tree (`..`, absolute paths, links) is refused, on both ways. Source: POSIX pax, "ustar Interchange Format".
 */
import { concatBytes } from './bytes.ts'
import { LongshoreError } from './error.ts'

/** Paths are relative, with `/`, without `.` and `..`. Fits agent/channel.ts TreeEntry. */
export type TarEntry =
  | { readonly kind: 'file'; readonly path: string; readonly mode: number; readonly bytes: Uint8Array }
  | { readonly kind: 'directory'; readonly path: string; readonly mode: number }
  | { readonly kind: 'symlink'; readonly path: string; readonly target: string }

/** Bounds that reading an archive stops at. */
export interface TarLimits {
  /** Entries of the archive. */
  readonly entriesMax: number
  /** All of the unpacked archive, in bytes: a small file that unpacks without end is cut there. */
  readonly unpackedBytesMax: number
}

/** Limits of a source bundle: its unpacked bytes fit a job's workspace, its entries a large monorepo. */
export const BUNDLE_LIMITS: TarLimits = { entriesMax: 200_000, unpackedBytesMax: 1_073_741_824 }

const BLOCK_BYTES = 512
/** Longest path or link, in bytes. Source: Linux PATH_MAX. */
const PATH_BYTES_MAX = 4_096

/** Links followed in one path. Source: Linux path_resolution(7), ELOOP after 40. */
const LINKS_FOLLOWED_MAX = 40
/** Largest pax or GNU header, in bytes: a path, a link and a few times fit. */
const EXTENSION_BYTES_MAX = 65_536

/**
 * The entries of a gzipped tar, one at a time. Rejects with `bad-bundle` (never) at the first thing that is wrong with it; links that leave are known
 * only at the end, so nothing read is to be trusted before the last entry.
 */
export async function* readTarGz(gzipped: Uint8Array, limits: TarLimits = BUNDLE_LIMITS): AsyncGenerator<TarEntry> {
  const source = new BlockReader(gunzip(gzipped, limits.unpackedBytesMax))
  const links = new Map<string, string>()
  let extended: Extended = {}
  let count = 0
  for (let header = await source.header(); header !== undefined; header = await source.header()) {
    const body = await source.body(header.size(extended))
    if (header.isExtension()) {
      extended = header.extend(extended, body)
      continue
    }
    count += 1
    if (count > limits.entriesMax) throw bad(`it has more than ${limits.entriesMax} entries`)
    const entry = header.entry(extended, body)
    extended = {}
    if (entry === undefined) continue
    assertBesideLinks(entry.path, links)
    if (entry.kind === 'symlink') links.set(entry.path, entry.target)
    yield entry
  }
  for (const path of links.keys()) assertStays(path, links)
}

/** A gzipped tar of these entries, in their order; equal entries give equal bytes. Rejects with `bad-bundle` (never). */
export async function writeTarGz(entries: Iterable<TarEntry>): Promise<Uint8Array<ArrayBuffer>> {
  const links = new Map<string, string>()
  const blocks: Uint8Array[] = []
  for (const entry of entries) {
    assertBesideLinks(checkedPath(entry.path), links)
    if (entry.kind === 'symlink') links.set(checkedPath(entry.path), entry.target)
    blocks.push(...blocksOf(entry))
  }
  for (const path of links.keys()) assertStays(path, links)
  blocks.push(new Uint8Array(2 * BLOCK_BYTES))
  const zipped = new Blob(blocks as BlobPart[]).stream().pipeThrough(new CompressionStream('gzip'))
  return new Uint8Array(await new Response(zipped).arrayBuffer())
}

function bad(why: string, options?: ErrorOptions): LongshoreError {
  return new LongshoreError('bad-bundle', 'never', `the source bundle is refused: ${why}`, options)
}

async function* gunzip(gzipped: Uint8Array, bytesMax: number): AsyncGenerator<Uint8Array> {
  const reader = new Blob([gzipped as BlobPart]).stream().pipeThrough(new DecompressionStream('gzip')).getReader()
  let total = 0
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((error: unknown) => {
        throw bad('it is not gzip, or cut short', { cause: error })
      })
      if (done) return
      total += value.byteLength
      if (total > bytesMax) throw bad(`it unpacks to more than ${bytesMax} bytes`)
      yield value
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

/** Chunks of any size, read in tar's blocks. */
class BlockReader {
  readonly #chunks: AsyncGenerator<Uint8Array>
  #left: Uint8Array = new Uint8Array(0)

  constructor(chunks: AsyncGenerator<Uint8Array>) {
    this.#chunks = chunks
  }

  /** Undefined at the end: a block of zeros, or of the archive. */
  async header(): Promise<Header | undefined> {
    const block = await this.#take(BLOCK_BYTES)
    if (block === undefined || block.every((byte) => byte === 0)) {
      while ((await this.#take(BLOCK_BYTES)) !== undefined);
      return undefined
    }
    return new Header(block)
  }

  async body(size: number): Promise<Uint8Array> {
    const body = await this.#take(size)
    const padding = await this.#take((BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES)
    if (body === undefined || padding === undefined) throw bad('its tar is cut short')
    return body
  }

  /** Exactly `size` bytes; undefined when the archive ends before. */
  async #take(size: number): Promise<Uint8Array | undefined> {
    const parts: Uint8Array[] = []
    let missing = size
    while (missing > this.#left.byteLength) {
      parts.push(this.#left)
      missing -= this.#left.byteLength
      const next = await this.#chunks.next()
      this.#left = next.done === true ? new Uint8Array(0) : next.value
      if (next.done === true) return undefined
    }
    parts.push(this.#left.subarray(0, missing))
    this.#left = this.#left.subarray(missing)
    return concatBytes(parts)
  }
}

/** What a pax or GNU header says of the entry after it. */
interface Extended {
  readonly path?: string
  readonly target?: string
  readonly size?: number
}

class Header {
  readonly #block: Uint8Array

  constructor(block: Uint8Array) {
    this.#block = block
    const sum = block.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 0x20 : byte), 0)
    if (this.#octal(148, 8) !== sum) throw bad('a header of its tar is damaged')
  }

  size(extended: Extended): number {
    const written = this.#octal(124, 12)
    if (this.isExtension() && written > EXTENSION_BYTES_MAX) throw bad('a pax header is too large')
    if (this.isExtension()) return written
    return '125'.includes(this.#type()) ? 0 : (extended.size ?? written)
  }

  isExtension(): boolean {
    return 'xgLK'.includes(this.#type())
  }

  extend(known: Extended, body: Uint8Array): Extended {
    const type = this.#type()
    if (type === 'g') return known
    if (type === 'x') return { ...known, ...paxRecords(body) }
    const text = decode(body).replace(/\0.*$/s, '')
    return type === 'L' ? { ...known, path: text } : { ...known, target: text }
  }

  /** Undefined for the root of the tree itself. */
  entry(extended: Extended, bytes: Uint8Array): TarEntry | undefined {
    const type = this.#type()
    const written = extended.path ?? this.#name()
    if (type === '5' && /^\.?\/*$/.test(written)) return undefined
    const path = checkedPath(written)
    const mode = this.#octal(100, 8) & 0o777
    if (type === '5') return { kind: 'directory', path, mode }
    if (type === '2') return { kind: 'symlink', path, target: extended.target ?? this.#text(157, 100) }
    if (type === '0' || type === '\0' || type === '7') return { kind: 'file', path, mode, bytes }
    throw bad(`${path} is neither file, folder nor symbolic link`)
  }

  #type(): string {
    return String.fromCharCode(this.#block[156] ?? 0)
  }

  #name(): string {
    const prefix = this.#text(257, 5) === 'ustar' ? this.#text(345, 155) : ''
    return prefix === '' ? this.#text(0, 100) : `${prefix}/${this.#text(0, 100)}`
  }

  #text(at: number, length: number): string {
    return decode(this.#block.subarray(at, at + length)).replace(/\0.*$/s, '')
  }

  #octal(at: number, length: number): number {
    const digits = this.#text(at, length).trim()
    if (!/^[0-7]*$/.test(digits)) throw bad('a number in its tar is not octal')
    return digits === '' ? 0 : Number.parseInt(digits, 8)
  }
}

function paxRecords(body: Uint8Array): Extended {
  let found: Extended = {}
  for (let at = 0; at < body.byteLength; ) {
    const space = body.indexOf(0x20, at)
    const length = Number(decode(body.subarray(at, Math.max(space, at))))
    if (space < 0 || !Number.isSafeInteger(length) || length < 5 || at + length > body.byteLength)
      throw bad('a pax header is damaged')
    const [key = '', ...rest] = decode(body.subarray(space + 1, at + length - 1)).split('=')
    const value = rest.join('=')
    if (key === 'path') found = { ...found, path: value }
    if (key === 'linkpath') found = { ...found, target: value }
    if (key === 'size') found = { ...found, size: paxSize(value) }
    at += length
  }
  return found
}

function paxSize(text: string): number {
  const size = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(size)) throw bad('a pax header is damaged')
  return size
}

/** Without `./` before and `/` after. */
function checkedPath(path: string): string {
  const clean = path.replace(/^(?:\.\/+)+/, '').replace(/\/+$/, '')
  const leaves = clean.startsWith('/') || clean.split('/').some((part) => part === '..')
  if (leaves) throw bad(`${path} would leave the folder`)
  if (clean === '' || clean.includes('\0') || clean.split('/').some((part) => part === '' || part === '.'))
    throw bad(`${JSON.stringify(path)} is no path`)
  if (encode(clean).byteLength > PATH_BYTES_MAX) throw bad(`a path is longer than ${PATH_BYTES_MAX} bytes`)
  return clean
}

/** Whoever writes the tree would follow a link that stands where an entry, or a folder above it, should. */
function assertBesideLinks(path: string, links: ReadonlyMap<string, string>): void {
  if (links.size === 0) return
  for (let end = path.indexOf('/'); end >= 0; end = path.indexOf('/', end + 1))
    if (links.has(path.slice(0, end))) throw bad(`${path} is below a link`)
  if (links.has(path)) throw bad(`${path} is there twice`)
}

/** Follows a link as the kernel would, through the archive's other links: a name that looks as if it stayed may leave through them. */
function assertStays(path: string, links: ReadonlyMap<string, string>): void {
  const pending = path.split('/')
  const at: string[] = []
  let followed = 0
  while (pending.length > 0) {
    const part = pending.shift() ?? ''
    if (part === '' || part === '.') continue
    if (part === '..') {
      if (at.pop() === undefined) throw bad(`the link ${path} would leave the folder`)
      continue
    }
    at.push(part)
    const target = links.get(at.join('/'))
    if (target === undefined) continue
    if (target.startsWith('/')) throw bad(`the link ${path} would leave the folder`)
    followed += 1
    if (followed > LINKS_FOLLOWED_MAX) return // leads nowhere, so not outside either
    at.pop()
    pending.unshift(...target.split('/'))
  }
}

function blocksOf(entry: TarEntry): Uint8Array[] {
  const path = checkedPath(entry.path)
  const target = entry.kind === 'symlink' ? entry.target : ''
  const bytes = entry.kind === 'file' ? entry.bytes : new Uint8Array(0)
  const type = { file: '0', symlink: '2', directory: '5' }[entry.kind]
  const mode = entry.kind === 'symlink' ? 0o777 : entry.mode & 0o777
  const pax = paxRecord('path', path) + paxRecord('linkpath', target)
  const extension = encode(pax)
  const before = pax === '' ? [] : [headerBlock('pax', 0o644, extension.byteLength, 'x', ''), ...padded(extension)]
  return [...before, headerBlock(path, mode, bytes.byteLength, type, target), ...padded(bytes)]
}

/** Empty where the ustar field is long enough. */
function paxRecord(key: string, value: string): string {
  const valueBytes = encode(value).byteLength
  if (valueBytes <= 100) return ''
  const rest = key.length + valueBytes + 3
  const length = rest + String(rest + String(rest).length).length
  return `${length} ${key}=${value}\n`
}

function headerBlock(path: string, mode: number, size: number, type: string, target: string): Uint8Array {
  const block = new Uint8Array(BLOCK_BYTES)
  const put = (at: number, text: string, length: number): void => block.set(encode(text).subarray(0, length), at)
  put(0, path, 100)
  put(100, `${mode.toString(8).padStart(7, '0')}\0`, 8)
  put(108, '0000000\0', 8)
  put(116, '0000000\0', 8)
  put(124, `${size.toString(8).padStart(11, '0')}\0`, 12)
  put(136, '00000000000\0', 12)
  put(148, '        ', 8)
  put(156, type, 1)
  put(157, target, 100)
  put(257, 'ustar\u000000', 8)
  const sum = block.reduce((total, byte) => total + byte, 0)
  put(148, `${sum.toString(8).padStart(6, '0')}\0 `, 8)
  return block
}

function padded(bytes: Uint8Array): Uint8Array[] {
  const missing = (BLOCK_BYTES - (bytes.byteLength % BLOCK_BYTES)) % BLOCK_BYTES
  return [bytes, new Uint8Array(missing)]
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}
