/** Places in the text of a file. The library's places inside block texts are off: it counts on the text without its indentation. */
import type { TokenRange } from '@actions/workflow-parser/templates/tokens/token-range'
import type { Place } from '../template.ts'

export class Source {
  readonly text: string
  /** Offset of the first character of each line. */
  readonly #starts: readonly number[]

  constructor(text: string) {
    this.text = text
    this.#starts = [0, ...Array.from(text.matchAll(/\n/g), (match) => match.index + 1)]
  }

  /** Of an offset in the text. */
  placeAt(offset: number): Place {
    let first = 0
    let last = this.#starts.length - 1
    while (first < last) {
      const middle = Math.ceil((first + last) / 2)
      if ((this.#starts[middle] ?? 0) <= offset) first = middle
      else last = middle - 1
    }
    return [first + 1, offset - (this.#starts[first] ?? 0) + 1]
  }

  /** Of the n-th `${{` (from 0) of a scalar; with a name, of its first mention after that. */
  placeOfExpression(range: TokenRange | undefined, nth: number, name = ''): Place {
    if (range === undefined) return [0, 0]
    const end = this.#offsetOf(range.end)
    let found = this.#offsetOf(range.start)
    for (let count = 0; count <= nth; count++) {
      found = this.text.indexOf('${{', count === 0 ? found : found + 1)
      if (found < 0 || found >= end) return [range.start.line, range.start.column]
    }
    return this.placeAt(this.#mention(name, found, end) ?? found)
  }

  /** Of the first mention of a name in a scalar; of the scalar when there is none. */
  placeOfName(range: TokenRange | undefined, name = ''): Place {
    if (range === undefined) return [0, 0]
    const start = this.#offsetOf(range.start)
    return this.placeAt(this.#mention(name, start, this.#offsetOf(range.end)) ?? start)
  }

  #offsetOf(position: TokenRange['start']): number {
    return (this.#starts[position.line - 1] ?? 0) + position.column - 1
  }

  #mention(name: string, from: number, end: number): number | undefined {
    const found = name === '' ? -1 : this.text.indexOf(name, from)
    return found >= 0 && found < end ? found : undefined
  }
}
