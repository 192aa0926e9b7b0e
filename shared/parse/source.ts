/** Places in the text of a file. The library's places inside block texts are off: it counts on the text without its indentation. */
import type { TokenRange } from '@actions/workflow-parser/templates/tokens/token-range'
import type { Place } from '../template.ts'

/** Of the n-th `${{` (from 0) of a scalar; with a name, of its first mention after that. */
export function placeOfExpression(text: string, range: TokenRange | undefined, nth: number, name = ''): Place {
  if (range === undefined) return [0, 0]
  const end = offsetOf(text, range.end)
  let found = offsetOf(text, range.start)
  for (let count = 0; count <= nth; count++) {
    found = text.indexOf('${{', count === 0 ? found : found + 1)
    if (found < 0 || found >= end) return [range.start.line, range.start.column]
  }
  return placeAt(text, mention(text, name, found, end) ?? found)
}

/** Of the first mention of a name in a scalar; of the scalar when there is none. */
export function placeOfName(text: string, range: TokenRange | undefined, name = ''): Place {
  if (range === undefined) return [0, 0]
  const start = offsetOf(text, range.start)
  return placeAt(text, mention(text, name, start, offsetOf(text, range.end)) ?? start)
}

function mention(text: string, name: string, from: number, end: number): number | undefined {
  const found = name === '' ? -1 : text.indexOf(name, from)
  return found >= 0 && found < end ? found : undefined
}

function offsetOf(text: string, position: TokenRange['start']): number {
  let offset = 0
  for (let line = 1; line < position.line; line++) offset = text.indexOf('\n', offset) + 1
  return offset + position.column - 1
}

/** Of an offset in the text. */
export function placeAt(text: string, offset: number): Place {
  const before = text.slice(0, offset)
  return [before.split('\n').length, offset - before.lastIndexOf('\n')]
}
