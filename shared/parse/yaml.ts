/** What the YAML parser refuses, in words of its own and with a way out. */
import type { TokenRange } from '@actions/workflow-parser/templates/tokens/token-range'
import { CONTAINS_ITSELF, NAMES_NOTHING } from './alias.ts'
import type { Problems } from './problems.ts'

/** `range` is absent where the error is the file's as a whole. */
export interface YamlError {
  readonly message: string
  readonly range: TokenRange | undefined
}

/** One mistake often makes several errors: one a line is told, and a tab explains all others. */
export function explainYaml(errors: readonly YamlError[], problems: Problems): void {
  const tabs = errors.filter((error) => /^Tabs are not allowed/.test(error.message))
  const lines = new Set<number>()
  for (const { message, range } of tabs.length > 0 ? tabs : errors) {
    const { line, column } = range?.start ?? { line: 0, column: 0 }
    if (lines.has(line)) continue
    lines.add(line)
    const [sentence, remedy] = reworded(message)
    problems.add([line, column], `this is not YAML: ${sentence}`, remedy)
  }
}

/** The mistakes that are made most, by the words of the package `yaml` (version 2.9); its codes do not get here. */
const REWORDED: readonly (readonly [pattern: RegExp, sentence: string, remedy: string])[] = [
  [/^Tabs are not allowed/, 'a tab is used as indentation', 'indent with spaces'],
  [/^Nested mappings are not allowed/, 'a value has a second `: ` in it', 'put text that has a colon in it in quotes'],
  [/^Missing closing .?quote/, 'a quote is opened and never closed', 'close the text with the quote it begins with'],
  [/^Source contains multiple documents/, 'there is a second document', 'remove `---` and what follows'],
  [/^Maximum call stack/, 'lists or mappings are nested too deeply', 'write it flatter'],
  [/ end with a [\]}]/, 'a [ or { is opened and never closed', 'close it'],
  [/^Implicit keys need to be on a single line|^Implicit map keys need/, 'a key without a colon', 'write `key: value`'],
  [new RegExp(`^${CONTAINS_ITSELF}`), CONTAINS_ITSELF, 'write out the part that repeats'],
  [new RegExp(`^${NAMES_NOTHING}`), NAMES_NOTHING, 'write `&name` at the value it stands for'],
]

function reworded(message: string): readonly [sentence: string, remedy: string] {
  const known = REWORDED.find(([pattern]) => pattern.test(message))
  if (known !== undefined) return [known[1], known[2]]
  const [line = ''] = message.split('\n')
  const sentence = line.replace(/ at line \d+, column \d+:?$/, '')
  return [sentence, 'check the indentation, colons and quotes here and in the line above']
}
