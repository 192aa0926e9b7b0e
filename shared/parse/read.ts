/**
 * A workflow file as tokens of `@actions/workflow-parser`, read against GitHub's schema. What the schema refuses is kept with the path it was
 * found at, because the library's messages alone do not say what was meant.
 */
import { TemplateContext, TemplateValidationErrors } from '@actions/workflow-parser/templates/template-context'
import { readTemplate } from '@actions/workflow-parser/templates/template-reader'
import {
  type LiteralToken,
  MappingToken,
  NumberToken,
  SequenceToken,
  StringToken,
  TemplateToken,
} from '@actions/workflow-parser/templates/tokens/index'
import type { TokenRange } from '@actions/workflow-parser/templates/tokens/token-range'
import { NoOperationTraceWriter } from '@actions/workflow-parser/templates/trace-writer'
import { WORKFLOW_ROOT } from '@actions/workflow-parser/workflows/workflow-constants'
import { getWorkflowSchema } from '@actions/workflow-parser/workflows/workflow-schema'
import { YamlObjectReader } from '@actions/workflow-parser/workflows/yaml-object-reader'
import { numberText } from '../expression/value.ts'
import { WORKFLOW_DEPTH_MAX, WORKFLOW_NODES_MAX } from '../limit.ts'
import type { Place } from '../template.ts'
import { linkAliases, type YamlNode } from './alias.ts'
import type { Source } from './source.ts'
import { placeOf } from './token.ts'

/** Keys and indexes from the root: `['jobs', 'build', 'steps', 0, 'run']`. */
export type Path = readonly (string | number)[]

/** What the library refused. `error` is its message, or what an expression's parser threw. */
export interface Refusal {
  readonly error: string | Error
  /** What was refused; undefined when the reader gave up. */
  readonly token: TemplateToken | undefined
  readonly place: Place
  /** Of what was refused. */
  readonly path: Path
  /** The key was refused, not its value. */
  readonly isKey: boolean
}

/** `not-yaml` has the YAML errors only: without a document there is nothing else to say. */
export type Read =
  | { readonly kind: 'tokens'; readonly root: TemplateToken | undefined; readonly refusals: readonly Refusal[] }
  | {
      readonly kind: 'not-yaml'
      readonly errors: readonly { readonly message: string; readonly range: TokenRange | undefined }[]
    }

export function readWorkflow(source: Source): Read {
  const reader = new BoundedReader(source)
  if (reader.errors.length > 0) return { kind: 'not-yaml', errors: reader.errors }
  const context = new RecordingContext(reader)
  const root = readTemplate(context, WORKFLOW_ROOT, reader, undefined)
  return { kind: 'tokens', root, refusals: context.refusals }
}

/** What this reader does not take: the file is read no further. */
export class UnreadableError extends Error {
  readonly remedy: string

  constructor(message: string, remedy: string) {
    super(message)
    this.remedy = remedy
  }
}

type Frame =
  | { readonly kind: 'mapping'; key: string; next: 'key' | 'value' }
  | { readonly kind: 'sequence'; index: number }

/**
 * Adds to the library's reader a bound (aliases repeat what they name, so a small file can become huge), the path, keys that are always text, and
 * block texts as they are meant: the library would take their source, with its indentation.
 */
class BoundedReader extends YamlObjectReader {
  readonly #frames: Frame[] = []
  #nodes = 0
  /** What was read last: where the reader was when it gave up. */
  last: TemplateToken | undefined

  constructor(source: Source) {
    super(undefined, source.text)
    const { contents } = (this as unknown as { doc: { contents: YamlNode | null } }).doc
    for (const { alias, message } of linkAliases(contents)) {
      const [line, column] = source.placeAt(alias.range?.[0] ?? 0)
      const position = { line, column }
      this.errors.push({ message, range: { start: position, end: position } })
    }
  }

  /** Of the scalar that was read last. */
  path(): Path {
    return this.#frames.map((frame) => (frame.kind === 'mapping' ? frame.key : frame.index))
  }

  /** Whether that scalar was a key. */
  readKey(): boolean {
    const frame = this.#frames.at(-1)
    return frame?.kind === 'mapping' && frame.next === 'value'
  }

  override allowLiteral(): LiteralToken | undefined {
    const token = super.allowLiteral()
    if (token === undefined) return undefined
    this.#count(token)
    const frame = this.#frames.at(-1)
    if (frame?.kind === 'mapping' && frame.next === 'key') {
      frame.key = keyText(token)
      frame.next = 'value'
      return new StringToken(token.file, token.range, frame.key, undefined)
    }
    this.#began()
    this.#ended()
    return token instanceof NumberToken ? new WrittenNumber(token) : withoutSource(token)
  }

  override allowSequenceStart(): SequenceToken | undefined {
    const token = super.allowSequenceStart()
    if (token !== undefined) this.#open(token, { kind: 'sequence', index: -1 })
    return token
  }

  override allowMappingStart(): MappingToken | undefined {
    const token = super.allowMappingStart()
    if (token !== undefined) this.#open(token, { kind: 'mapping', key: '', next: 'key' })
    return token
  }

  override allowSequenceEnd(): boolean {
    return super.allowSequenceEnd() && this.#close()
  }

  override allowMappingEnd(): boolean {
    return super.allowMappingEnd() && this.#close()
  }

  #open(token: TemplateToken, frame: Frame): void {
    this.#count(token)
    this.#began()
    this.#frames.push(frame)
    if (this.#frames.length > WORKFLOW_DEPTH_MAX) {
      throw new UnreadableError(`the file is nested more than ${WORKFLOW_DEPTH_MAX} deep`, 'write it flatter')
    }
  }

  #close(): true {
    this.#frames.pop()
    this.#ended()
    return true
  }

  #began(): void {
    const frame = this.#frames.at(-1)
    if (frame?.kind === 'sequence') frame.index += 1
  }

  #ended(): void {
    const frame = this.#frames.at(-1)
    if (frame?.kind === 'mapping') frame.next = 'key'
  }

  #count(token: TemplateToken): void {
    this.last = token
    this.#nodes += 1
    if (this.#nodes > WORKFLOW_NODES_MAX) {
      const message = `the file has more than ${WORKFLOW_NODES_MAX} values, those that aliases repeat included`
      throw new UnreadableError(message, 'write less, with fewer aliases')
    }
  }
}

/** The library says every key is text, and passes on what the YAML parser made of it. */
function keyText(token: LiteralToken): string {
  const key: unknown = token instanceof StringToken ? token.value : token.toString()
  if (key === null) return ''
  if (typeof key === 'object' || key === undefined) {
    throw new UnreadableError('a key is a list, a mapping or an alias', 'keys are plain text')
  }
  return String(key)
}

/**
 * A text over several lines, which the library is told stands on one: else it takes the source, indentation included, and goes through all of
 * it again for each expression (minutes for a hostile file).
 */
export class BlockToken extends StringToken {
  /** Where it stands in truth. */
  readonly whole: TokenRange

  constructor(token: StringToken, whole: TokenRange) {
    super(token.file, { start: whole.start, end: whole.start }, token.value, undefined)
    this.whole = whole
  }
}

/** A number that becomes the text GitHub makes of it where text is expected: 15 digits, `1E-05`. The library has JavaScript's. */
class WrittenNumber extends NumberToken {
  constructor(token: NumberToken) {
    super(token.file, token.range, token.value, undefined)
  }

  override toString(): string {
    return numberText(this.value)
  }
}

/** On one line the source only tells how far a quote moves the column. */
function withoutSource(token: LiteralToken): LiteralToken {
  const { range } = token
  if (!(token instanceof StringToken) || range === undefined || range.start.line === range.end.line) return token
  return new BlockToken(token, range)
}

/** Where a scalar stands, from its first character to its last. */
export function rangeOf(token: TemplateToken | undefined): TokenRange | undefined {
  return token instanceof BlockToken ? token.whole : token?.range
}

class RecordingContext extends TemplateContext {
  readonly refusals: Refusal[] = []
  readonly #reader: BoundedReader

  constructor(reader: BoundedReader) {
    super(new TemplateValidationErrors(), getWorkflowSchema(), new NoOperationTraceWriter())
    this.#reader = reader
  }

  override error(tokenOrFile: TemplateToken | number | undefined, error: unknown): void {
    const token = tokenOrFile instanceof TemplateToken ? tokenOrFile : undefined
    const known = typeof error === 'string' || error instanceof Error ? error : String(error)
    // A mapping or sequence is refused while it is open.
    const isOpen = token instanceof MappingToken || token instanceof SequenceToken
    this.refusals.push({
      error: known,
      token,
      place: placeOf(token ?? this.#reader.last),
      path: isOpen ? this.#reader.path().slice(0, -1) : this.#reader.path(),
      isKey: !isOpen && this.#reader.readKey(),
    })
  }
}
