/** Collects what is wrong with one file, with places. */
import type { TemplateToken } from '@actions/workflow-parser/templates/tokens/index'
import type { Problem } from '../error.ts'
import type { Place } from '../template.ts'
import { placeOf } from './token.ts'

export class Problems {
  /** Of the file, to find the very place of a name in it. */
  readonly text: string
  readonly #file: string
  readonly #found: Problem[] = []

  constructor(file: string, text: string) {
    this.#file = file
    this.text = text
  }

  /** One sentence of what is wrong, one of what to do; both without a full stop. */
  add(where: TemplateToken | Place | undefined, message: string, remedy: string): void {
    const [line, column] = isPlace(where) ? where : placeOf(where)
    this.#found.push({ file: this.#file, line, column, message, remedy })
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
