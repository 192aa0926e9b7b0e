/** What replaces a secret, however long it is and however many touch each other. Source: actions/runner SecretMasker.MaskSecrets. */
import { formsOf, valuesOf } from './form.ts'
import { createScan, type Scan } from './scan.ts'

export const MASK = '***'

/**
 * All masks of a job: secrets with all their derived forms (agent/log/form.ts). Only grows. Matching is by plain text: no case folding,
 * no normalisation. There is no shortest length: a secret of one character hides every occurrence of it.
 */
export interface Masks {
  /** Hides the value, its trimmed lines and all their forms from now on. Blank values are ignored. */
  add(value: string): void
  /** Bytes (UTF-8) of the longest form that fits into a line: how much must be seen past a cut to know every secret that crosses it. */
  readonly longest: number
  /** Masks a text that may have several lines, forms with line breaks in them included. */
  mask(text: string): string
  /** Masks any number of whole lines as if each came alone: forms with line breaks never match. */
  maskLines(text: string): string
  /**
   * Masks the first `length` characters of one line whose rest is still to come; the text must go on for `longest` bytes
   * beyond them, or end there. `covered`: how many characters at its start an earlier cut has already found to be secret.
   */
  maskPiece(text: string, length: number, covered: number): MaskedPiece
  contains(text: string): boolean
  /** What `add` was given, in order, for the journal. Adding it all again gives the same masks. */
  values(): readonly string[]
}

/** The text before a cut, masked. */
export interface MaskedPiece {
  readonly text: string
  /** How many characters after the cut belong to a secret that began before it. */
  readonly covered: number
}

/** `values` are the job's secrets; more may be added at any time. */
export function createMasks(values: readonly string[] = []): Masks {
  const added = new Set<string>()
  const all = createScan()
  const withinLines = createScan()
  let longest = 0
  const add = (value: string): void => {
    if (value.trim() === '' || added.has(value)) return
    added.add(value)
    for (const form of valuesOf(value).flatMap(formsOf)) {
      all.add(form)
      if (/[\r\n]/.test(form)) continue
      withinLines.add(form)
      longest = Math.max(longest, Buffer.byteLength(form))
    }
  }
  for (const value of values) add(value)
  return {
    add,
    get longest() {
      return longest
    },
    mask: (text) => maskWith(all, text),
    maskLines: (text) => maskWith(withinLines, text),
    maskPiece: (text, length, covered) => maskPiece(withinLines, text, length, covered),
    contains: (text) => all.ranges(text).length > 0,
    values: () => [...added],
  }
}

function maskWith(scan: Scan, text: string): string {
  return replaced(text, scan.ranges(text))
}

function maskPiece(scan: Scan, text: string, length: number, covered: number): MaskedPiece {
  const ranges = withStart(scan.ranges(text, length), covered)
  const end = ranges.at(-1) ?? 0
  if (end > length) ranges[ranges.length - 1] = length
  return { text: replaced(text.slice(0, length), ranges), covered: Math.max(0, end - length) }
}

/** The ranges with [0, covered) among them. */
function withStart(ranges: readonly number[], covered: number): number[] {
  if (covered === 0) return [...ranges]
  const rest = [...ranges]
  let end = covered
  while ((rest[0] ?? Number.POSITIVE_INFINITY) <= end) {
    end = Math.max(end, rest[1] ?? end)
    rest.splice(0, 2)
  }
  return [0, end, ...rest]
}

function replaced(text: string, ranges: readonly number[]): string {
  if (ranges.length === 0) return text
  let masked = ''
  let from = 0
  for (let index = 0; index < ranges.length; index += 2) {
    masked += text.slice(from, ranges[index]) + MASK
    from = ranges[index + 1] ?? text.length
  }
  return masked + text.slice(from)
}
