/** Configuration files: YAML held against a schema. Every mistake is a problem with its line and column, and no value is repeated: one may be a secret. */
import { isCollection, isMap, isNode, isPair, isScalar, LineCounter, type Node, parseDocument } from 'yaml'
import type * as z from 'zod'
import type { Parsed, Problem } from './error.ts'
import { CONFIG_BYTES_MAX } from './limit.ts'
import { nearest } from './parse/near.ts'

/** What a kind of configuration file is held against. */
export interface ConfigForm<T> {
  readonly schema: z.ZodType<T>
  /** Every key there is, at any depth: for "did you mean". */
  readonly keys: readonly string[]
}

/** Reads a configuration's text, all problems at once. `file` is only for messages. */
export function parseConfig<T>({ schema, keys }: ConfigForm<T>, file: string, text: string): Parsed<T> {
  const bytes = new TextEncoder().encode(text).byteLength
  if (bytes > CONFIG_BYTES_MAX)
    return refused([problem(file, [0, 0], `it has more than ${CONFIG_BYTES_MAX} bytes`, 'Is this the right file?')])
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: false })
  if (document.errors.length > 0) {
    return refused(
      document.errors.map((error) => {
        const { line, col } = lines.linePos(error.pos[0])
        return problem(file, [line, col], error.message.split('\n', 1)[0] ?? '', 'Write valid YAML.')
      }),
    )
  }
  const parsed = schema.safeParse(document.toJS({ maxAliasCount: 100 }))
  if (parsed.success) return { ok: true, value: parsed.data }
  return refused(parsed.error.issues.flatMap((issue) => problemsOf(file, keys, issue, document.contents, lines)))
}

function refused(problems: Problem[]): { readonly ok: false; readonly problems: Problem[] } {
  return { ok: false, problems: problems.toSorted((a, b) => a.line - b.line || a.column - b.column) }
}

type Position = readonly [line: number, column: number]

function problem(file: string, [line, column]: Position, why: string, remedy: string): Problem {
  return { file, line, column, message: `invalid configuration: ${why}`, remedy }
}

function problemsOf(
  file: string,
  keys: readonly string[],
  issue: z.core.$ZodIssue,
  root: Node | null,
  lines: LineCounter,
): Problem[] {
  if (issue.code !== 'unrecognized_keys') {
    const why = isMissing(issue) ? 'is missing' : issue.message
    return [
      problem(file, placeOf(root, issue.path, lines), `${shown(issue.path)}: ${why}`, 'See docs/configuration.md.'),
    ]
  }
  return issue.keys.map((key) => {
    const path = [...issue.path, key]
    const near = nearest(key, keys)
    const remedy = near === undefined ? 'Remove it.' : `Did you mean ${near}?`
    return problem(file, placeOf(root, path, lines), `${shown(path)}: there is no such key`, remedy)
  })
}

function isMissing(issue: z.core.$ZodIssue): boolean {
  return issue.code === 'invalid_type' && issue.message.endsWith('received undefined')
}

function shown(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'the file'
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '')
}

/** Where a value stands; one that is missing, where its mapping begins. */
function placeOf(root: Node | null, path: readonly PropertyKey[], lines: LineCounter): Position {
  let node: unknown = root
  let at = root?.range?.[0] ?? 0
  for (const part of path) {
    const found = childOf(node, part)
    if (found === undefined) break
    at = found.at
    node = found.value
  }
  const { line, col } = lines.linePos(at)
  return [Math.max(1, line), Math.max(1, col)]
}

/** The child and where it stands: a mapping's key, a sequence's item. */
function childOf(node: unknown, part: PropertyKey): { readonly at: number; readonly value: unknown } | undefined {
  if (isMap(node)) {
    const pair = node.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === part)
    return pair && isScalar(pair.key) ? { at: pair.key.range?.[0] ?? 0, value: pair.value } : undefined
  }
  const item = isCollection(node) && typeof part === 'number' ? node.items[part] : undefined
  return isNode(item) ? { at: item.range?.[0] ?? 0, value: item } : undefined
}
