/** Collects what is wrong with one file, with places. */
import type { TemplateToken } from '@actions/workflow-parser/templates/tokens/index'
import type { Problem } from '../error.ts'
import { PROBLEMS_MAX } from '../limit.ts'
import type { Place } from '../template.ts'
import type { Source } from './source.ts'
import { placeOf } from './token.ts'

export class Problems {
  /** To find the very place of a name. */
  readonly source: Source
  readonly #file: string
  readonly #found: Problem[] = []

  constructor(file: string, source: Source) {
    this.#file = file
    this.source = source
  }

  /** One sentence of what is wrong, one of what to do; both without a full stop. */
  add(where: TemplateToken | Place | undefined, message: string, remedy: string): void {
    if (this.isFull()) return
    const [line, column] = isPlace(where) ? where : placeOf(where)
    this.#found.push({ file: this.#file, line, column, message, remedy })
  }

  /** More are not told: nobody reads them, and a hostile file can have a hundred thousand. */
  isFull(): boolean {
    return this.#found.length >= PROBLEMS_MAX
  }

  /** In the order of the file, each once: an alias repeats the mistakes of its anchor. */
  sorted(): Problem[] {
    const seen = new Set<string>()
    return this.#found
      .filter((problem) => {
        const key = `${problem.line}:${problem.column}:${problem.message}`
        return !seen.has(key) && seen.add(key)
      })
      .sort((a, b) => a.line - b.line || a.column - b.column)
  }
}

function isPlace(where: TemplateToken | Place | undefined): where is Place {
  return Array.isArray(where)
}
