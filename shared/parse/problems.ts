/** Collects what is wrong with one file, with places. */
import type { TemplateToken } from '@actions/workflow-parser/templates/tokens/index'
import type { TokenRange } from '@actions/workflow-parser/templates/tokens/token-range'
import type { Problem } from '../error.ts'
import type { Place } from '../template.ts'
import { placeOf } from './token.ts'

export class Problems {
  readonly #file: string
  readonly #found: Problem[] = []

  constructor(file: string) {
    this.#file = file
  }

  /** One sentence of what is wrong, one of what to do; both without a full stop. */
  add(where: TemplateToken | Place | undefined, message: string, remedy: string): void {
    const [line, column] = isPlace(where) ? where : placeOf(where)
    this.#found.push({ file: this.#file, line, column, message, remedy })
  }

  /** What the YAML parser says, without the excerpt it adds. */
  addYaml(message: string, range: TokenRange | undefined): void {
    const [line = ''] = message.split('\n')
    const sentence = line.replace(/ at line \d+, column \d+:?$/, '')
    const place: Place = range === undefined ? [0, 0] : [range.start.line, range.start.column]
    this.add(place, `this is not YAML: ${sentence}`, yamlRemedy(sentence))
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

/** The YAML parser's words for the mistakes that are made most; its codes do not get here. */
const YAML_REMEDIES: readonly (readonly [RegExp, string])[] = [
  [/tab/i, 'indent with spaces'],
  [/Nested mappings are not allowed|compact mapping/, 'put text that has a colon in it in quotes'],
  [/quote/i, 'close the text with the quote it begins with'],
  [/alias/i, 'name an anchor that stands further up: `&name`'],
  [/flow/i, 'close every [ and {'],
]

function yamlRemedy(message: string): string {
  const known = YAML_REMEDIES.find(([pattern]) => pattern.test(message))
  return known?.[1] ?? 'check the indentation, colons and quotes here and in the line above'
}

function isPlace(where: TemplateToken | Place | undefined): where is Place {
  return Array.isArray(where)
}
