/**
 * Cuts valid JSON into its parts without decoding it: how a viewer gets events as the very bytes an agent posted. Strings, which are nearly all of it,
 * are skipped by a search for their closing quote.
 */

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const OPEN = new Set([0x5b, 0x7b])
const CLOSE = new Set([0x5d, 0x7d])
const SPACE = new Set([0x20, 0x09, 0x0a, 0x0d])

/** The value under `name` in the object `json`, as a view of its bytes. The first one, where the name is there twice. */
export function member(json: Uint8Array, name: string): Uint8Array | undefined {
  const wanted = JSON.stringify(name)
  for (let at = skipSpace(json, skipSpace(json, 0) + 1); json[at] === QUOTE; ) {
    const keyEnd = skipString(json, at)
    const start = skipSpace(json, skipSpace(json, keyEnd) + 1)
    const end = skipValue(json, start)
    if (new TextDecoder().decode(json.subarray(at, keyEnd)) === wanted) return json.subarray(start, end)
    at = skipSpace(json, end)
    if (json[at] === COMMA) at = skipSpace(json, at + 1)
  }
  return undefined
}

/** The elements of an array, as views of its bytes. */
export function elements(array: Uint8Array): readonly Uint8Array[] {
  const found: Uint8Array[] = []
  for (let at = skipSpace(array, 1); at < array.byteLength && !CLOSE.has(array[at] ?? 0); ) {
    const end = skipValue(array, at)
    found.push(array.subarray(at, end))
    at = skipSpace(array, end)
    if (array[at] === COMMA) at = skipSpace(array, at + 1)
  }
  return found
}

/** Index after the value that starts at `at`. */
function skipValue(json: Uint8Array, at: number): number {
  let depth = 0
  while (at < json.byteLength) {
    const byte = json[at] ?? 0
    if (byte === QUOTE) at = skipString(json, at)
    else if (depth === 0 && (byte === COMMA || CLOSE.has(byte))) return at
    else {
      at += 1
      if (OPEN.has(byte)) depth += 1
      if (CLOSE.has(byte)) depth -= 1
    }
    if (depth === 0 && (byte === QUOTE || CLOSE.has(byte))) return at
  }
  return at
}

/** Index after the closing quote: one with an even number of backslashes before it. */
function skipString(json: Uint8Array, open: number): number {
  for (let end = json.indexOf(QUOTE, open + 1); end >= 0; end = json.indexOf(QUOTE, end + 1)) {
    let before = end - 1
    while (json[before] === BACKSLASH) before -= 1
    if ((end - before) % 2 === 1) return end + 1
  }
  return json.byteLength
}

function skipSpace(json: Uint8Array, at: number): number {
  while (SPACE.has(json[at] ?? 0)) at += 1
  return at
}
