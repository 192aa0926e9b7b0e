/**
 * The shapes in which a secret may turn up in output: as it is, and as common tools quote or encode it.
 * Source: actions/runner ValueEncoders.cs and HostContext.cs for the list and its floors; the aligned base64 forms are ours.
 */

/** Shortest value that is also masked without the double quotes around it, in characters. Source: ValueEncoders.TrimDoubleQuotes. */
const QUOTED_MIN = 9

/** Shortest part beside an `&` that is masked by itself, in characters. Source: ValueEncoders.PowerShellPreAmpersandEscape. */
const AMPERSAND_PART_MIN = 6

/** Shortest base64 text of whole groups that is masked by itself, in characters: below, ordinary words would be hit. */
const ALIGNED_BASE64_MIN = 8

/** Every form of one value, the value itself included. The value is neither trimmed nor split. */
export function formsOf(value: string): readonly string[] {
  const bytes = Buffer.from(value, 'utf8')
  const forms = [
    value,
    value.replaceAll('"', '\\"'),
    value.replaceAll("'", "''"),
    JSON.stringify(value).slice(1, -1),
    ...uriForms(value),
    xmlForm(value),
    quotesTrimmed(value),
    ...ampersandParts(value),
    ...[0, 1, 2].flatMap((shift) => base64Forms(bytes, shift)),
  ]
  return [...new Set(forms)].filter((form) => form !== '')
}

/** What add-mask and secrets hide besides the whole value: it trimmed, and each of its lines trimmed. Source: Worker.InitializeSecretMasker. */
export function valuesOf(value: string): readonly string[] {
  const parts = [value, value.trim(), ...value.split(/[\r\n]/).map((line) => line.trim())]
  return [...new Set(parts)].filter((part) => part.trim() !== '')
}

/**
 * In `base64(user:password)` the password's characters depend on the length of what stands before it, modulo 3. The second form leaves out
 * the last, unfinished group, which changes when something follows the value.
 */
function base64Forms(bytes: Buffer, shift: number): readonly string[] {
  const shifted = bytes.length > shift ? bytes.subarray(shift) : bytes
  const aligned = shifted.subarray(0, shifted.length - (shifted.length % 3)).toString('base64')
  return [shifted.toString('base64'), ...(aligned.length >= ALIGNED_BASE64_MIN ? [aligned] : [])]
}

/** JavaScript leaves `!'()*` as they are, .NET and Python's `quote` do not. */
function uriForms(value: string): readonly string[] {
  const loose = encodeURIComponent(value.toWellFormed())
  return [loose, loose.replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)]
}

function xmlForm(value: string): string {
  return value
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&apos;')
}

function quotesTrimmed(value: string): string {
  const quoted = value.length >= QUOTED_MIN && value.startsWith('"') && value.endsWith('"')
  return quoted ? value.slice(1, -1) : ''
}

/**
 * PowerShell prints a failing command in two halves with colour codes between them: cut at the first `&+`, whose next character goes missing,
 * or else at the last `&`.
 */
function ampersandParts(value: string): readonly string[] {
  const plus = value.indexOf('&+')
  const cut = plus >= 0 ? plus + 2 : value.lastIndexOf('&') + 1
  if (cut === 0) return []
  const parts = [value.slice(0, cut), value.slice(plus >= 0 ? cut + 1 : cut)]
  return parts.filter((part) => part.length >= AMPERSAND_PART_MIN)
}
