/** `longshore.yaml`: what an agent is told about itself. Every mistake is a problem with its line and column; docs/configuration.md has it in words. */
import { isCollection, isMap, isNode, isPair, isScalar, LineCounter, type Node, parseDocument } from 'yaml'
import * as z from 'zod'
import type { Parsed, Problem } from '../shared/error.ts'
import { CONFIG_BYTES_MAX, HEARTBEAT_INTERVAL_MS } from '../shared/limit.ts'
import { nearest } from '../shared/parse/near.ts'

const name = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'must be lower-case letters, digits and dashes, at most 63')

const dispatcher = z.strictObject({
  url: z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }),
  /** Name the dispatcher signs as. */
  issuer: z.string().min(1),
  /** The dispatcher's public signing keys this agent accepts (shared/sign.ts VerifyKey). */
  keys: z
    .array(
      z.strictObject({
        kid: z.string().min(1),
        jwk: z.strictObject({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: z.string().min(1) }),
      }),
    )
    .min(1),
  /** File with the agent's own private key (shared/sign.ts SigningKey, as JSON); relative to the config file. */
  keyFile: z.string().min(1),
})

const backend = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('processes'),
    /** Folder for workspaces, records and journals; relative to the config file. */
    root: z.string().min(1),
    /** Jobs triggered elsewhere run as processes of this user, with nothing between them and this machine. Must be said aloud. */
    acceptRemoteTriggers: z.boolean().default(false),
  }),
])

const secrets = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  /** Lines `NAME=value`; relative to the config file. Given to every job this agent runs. */
  z.strictObject({ kind: z.literal('file'), file: z.string().min(1) }),
])

const agentConfigSchema = z.strictObject({
  /** Unique among the agents of its cluster. */
  id: name,
  cluster: name,
  /** Jobs side by side. */
  slots: z.int().min(1).max(1_000).default(4),
  dispatcher,
  backend,
  secrets: secrets.default({ kind: 'none' }),
  heartbeatMs: z.int().min(100).max(HEARTBEAT_INTERVAL_MS).default(HEARTBEAT_INTERVAL_MS),
})
export type AgentConfig = z.infer<typeof agentConfigSchema>

/** Names known at each place, for "did you mean"; paths without indexes. */
const KNOWN_KEYS: readonly string[] = [
  ...Object.keys(agentConfigSchema.shape),
  ...Object.keys(dispatcher.shape),
  ...backend.options.flatMap((option) => Object.keys(option.shape)),
  ...secrets.options.flatMap((option) => Object.keys(option.shape)),
]

/** Reads the config's text. `file` is only for messages. All problems at once; values are not repeated, for one may be a secret. */
export function parseAgentConfig(file: string, text: string): Parsed<AgentConfig> {
  if (Buffer.byteLength(text) > CONFIG_BYTES_MAX) {
    return refused([problem(file, 0, 0, `it has more than ${CONFIG_BYTES_MAX} bytes`, 'Is this the right file?')])
  }
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: false })
  if (document.errors.length > 0) {
    return refused(
      document.errors.map((error) => {
        const { line, col } = lines.linePos(error.pos[0])
        return problem(file, line, col, firstLine(error.message), 'Write valid YAML.')
      }),
    )
  }
  const parsed = agentConfigSchema.safeParse(document.toJS({ maxAliasCount: 100 }))
  if (parsed.success) return { ok: true, value: parsed.data }
  return refused(parsed.error.issues.flatMap((issue) => problemsOf(file, issue, document.contents, lines)))
}

function refused(problems: Problem[]): Parsed<AgentConfig> {
  return { ok: false, problems: problems.toSorted((a, b) => a.line - b.line || a.column - b.column) }
}

function problem(file: string, line: number, column: number, why: string, remedy: string): Problem {
  return { file, line, column, message: `invalid configuration: ${why}`, remedy }
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? ''
}

function problemsOf(file: string, issue: z.core.$ZodIssue, root: Node | null, lines: LineCounter): Problem[] {
  if (issue.code !== 'unrecognized_keys') {
    const [line, column] = placeOf(root, issue.path, lines)
    return [problem(file, line, column, `${shown(issue.path)}: ${why(issue)}`, remedyOf(issue))]
  }
  return issue.keys.map((key) => {
    const [line, column] = placeOf(root, [...issue.path, key], lines)
    const near = nearest(key, KNOWN_KEYS)
    return problem(
      file,
      line,
      column,
      `${shown([...issue.path, key])}: there is no such key`,
      near ? `Did you mean ${near}?` : 'Remove it.',
    )
  })
}

function shown(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'the file'
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '')
}

/** A key that is not there is reported where its mapping begins. */
function why(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type' && issue.message.endsWith('received undefined')) return 'is missing'
  return issue.message
}

function remedyOf(issue: z.core.$ZodIssue): string {
  return issue.code === 'invalid_union'
    ? 'See docs/configuration.md for the kinds there are.'
    : 'See docs/configuration.md.'
}

function placeOf(root: Node | null, path: readonly PropertyKey[], lines: LineCounter): [line: number, column: number] {
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
function childOf(node: unknown, part: PropertyKey): { at: number; value: unknown } | undefined {
  if (isMap(node)) {
    const pair = node.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === part)
    return pair && isScalar(pair.key) ? { at: pair.key.range?.[0] ?? 0, value: pair.value } : undefined
  }
  const item = isCollection(node) && typeof part === 'number' ? node.items[part] : undefined
  return isNode(item) ? { at: item.range?.[0] ?? 0, value: item } : undefined
}
