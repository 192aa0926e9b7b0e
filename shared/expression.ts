/**
 * Evaluates what a workflow file holds. Contexts are plain data, functions that depend on the run are given by the caller, and a failure is a
 * result with a place: it names what stands in the file, never a value.
 */
import { unwrap } from './expression/data.ts'
import { EvaluationError, ScopedEvaluator } from './expression/evaluator.ts'
import { isCommonFunction, type NameUse, parseExpression, type Syntax } from './expression/syntax.ts'
import { isMappingValue, isSequenceValue, isTruthy, toText } from './expression/value.ts'
import {
  type Expression,
  isExpression,
  isMapping,
  type MappingTemplate,
  type Place,
  type Template,
  type Value,
} from './template.ts'

export { isTruthy, toText } from './expression/value.ts'

/** What an expression may name. */
export interface Scope {
  /**
   * Every context that may be named here, each with a value (`{}` or `null` where there is none yet), by its name in lower case. Only
   * `env` is case-sensitive inside.
   */
  readonly contexts: { readonly [name: string]: Value }
  /**
   * `jobs` are the optional job ids in a job's `if`. Absent: the status functions are not allowed. `always()` is true whenever this is
   * present.
   */
  readonly status?: {
    success(jobs: readonly string[]): boolean
    failure(jobs: readonly string[]): boolean
    cancelled(): boolean
  }
  /** `hashFiles(patterns…)`. Absent: the function is not allowed. What it throws passes through. */
  readonly hashFiles?: (patterns: readonly string[]) => string
}

/** A failure is the user's mistake or data that does not fit; `message` is a clause fit for a log line. */
export type Evaluated<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly message: string; readonly at: Place }

/** Deep: sequences, mappings and `${{ insert }}` too. */
export function evaluate(template: Template, scope: Scope): Evaluated<Value> {
  return caught(() => resolve(template, scope))
}

/** Absent is empty. A mapping or sequence is an error, as on GitHub, unless it stands inside a longer text (`Object`, `Array`). */
export function evaluateText(template: Template | undefined, scope: Scope): Evaluated<string> {
  return caught(() => textOf(template ?? null, scope))
}

/** Absent is false. True and false may also come as text. */
export function evaluateBoolean(template: Template | undefined, scope: Scope): Evaluated<boolean> {
  return caught(() => {
    const value = resolve(template ?? false, scope)
    if (typeof value === 'boolean') return value
    if (value === 'true' || value === 'false') return value === 'true'
    throw failure(template ?? null, 'must be true or false')
  })
}

/** Absent stays absent. Numbers may also come as text. */
export function evaluateNumber(template: Template | undefined, scope: Scope): Evaluated<number | undefined> {
  return caught(() => {
    if (template === undefined) return undefined
    const value = resolve(template, scope)
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
    if (typeof number === 'number' && Number.isFinite(number)) return number
    throw failure(template, 'must be a number')
  })
}

/** Of `env`, `outputs` and `with`: every value as text, in the order of the file. Absent and `null` are empty. */
export function evaluateMapping(template: Template | undefined, scope: Scope): Evaluated<ReadonlyMap<string, string>> {
  return caught(() => {
    if (isMapping(template)) return new Map(entriesOf(template, scope, textOf))
    const value = resolve(template ?? null, scope)
    if (value === null) return new Map()
    if (!isMappingValue(value)) throw failure(template ?? null, 'must be a mapping of names to text')
    return new Map(Object.entries(value).map(([key, item]) => [key, scalarText(item, template ?? null, key)]))
  })
}

/**
 * An `if`. Absent or empty is `success()`; without a status function in it (looked for in the tree, not the text) it stands for
 * `success() && (…)`. Where the scope has no status, it is taken as it is, and absent is true.
 */
export function evaluateCondition(condition: Expression | undefined, scope: Scope): Evaluated<boolean> {
  return caught(() => {
    const text = condition?.expr.trim() ?? ''
    if (condition === undefined || text === '') return scope.status?.success([]) ?? true
    const syntax = syntaxOf({ ...condition, expr: text }, scope)
    if (scope.status !== undefined && !namesStatus(syntax) && !scope.status.success([])) return false
    return isTruthy(run(syntax, condition, scope))
  })
}

const STATUS_FUNCTIONS = new Set(['success', 'failure', 'cancelled', 'always'])

function namesStatus(syntax: Syntax): boolean {
  return syntax.uses.some((use) => use.kind === 'function' && STATUS_FUNCTIONS.has(use.key))
}

/** Carries a failure out of the recursion; never leaves this file. */
class Failure extends Error {
  readonly at: Place

  constructor(message: string, at: Place) {
    super(message)
    this.at = at
  }
}

function caught<T>(body: () => T): Evaluated<T> {
  try {
    return { ok: true, value: body() }
  } catch (error) {
    if (error instanceof Failure) return { ok: false, message: error.message, at: error.at }
    throw error
  }
}

/** Where a template without expressions stands is not kept; such a one was checked by the parser. */
const NO_PLACE: Place = [0, 0]

function failure(template: Template, message: string): Failure {
  return isExpression(template)
    ? new Failure(`${quoted(template)} ${message}`, template.at)
    : new Failure(`the value ${message}`, NO_PLACE)
}

/** Longest part of an expression that a message repeats, in characters. */
const QUOTED_MAX = 120

function quoted(expression: Expression): string {
  const text = expression.expr.replaceAll(/\s+/g, ' ')
  return `\${{ ${text.length > QUOTED_MAX ? `${text.slice(0, QUOTED_MAX)}…` : text} }}`
}

function resolve(template: Template, scope: Scope): Value {
  if (isExpression(template)) return run(syntaxOf(template, scope), template, scope)
  if (isMapping(template)) return Object.fromEntries(entriesOf(template, scope, resolve))
  return isSequence(template) ? template.map((item) => resolve(item, scope)) : template
}

function isSequence(template: Template): template is readonly Template[] {
  return Array.isArray(template)
}

function textOf(template: Template, scope: Scope): string {
  return scalarText(resolve(template, scope), template)
}

function scalarText(value: Value, template: Template, key?: string): string {
  if (!isMappingValue(value) && !isSequenceValue(value)) return toText(value)
  const kind = isSequenceValue(value) ? 'a sequence' : 'a mapping'
  const where = key === undefined ? '' : ` at \`${key}\``
  throw failure(template, `is ${kind}${where} where text is expected; toJSON(…) turns it into text`)
}

function entriesOf<T>(
  mapping: MappingTemplate,
  scope: Scope,
  read: (template: Template, scope: Scope) => T,
): [string, T][] {
  return mapping.map.flatMap(([key, value]): [string, T][] => {
    if (!isExpression(key)) return [[key, read(value, scope)]]
    if (key.expr !== 'insert') return [[textOf(key, scope), read(value, scope)]]
    const inserted = resolve(value, scope)
    if (inserted === null) return []
    if (!isMappingValue(inserted)) throw failure(key, 'needs a mapping as its value')
    return Object.entries(inserted).map(([name, item]) => [name, read(asTemplate(item), scope)])
  })
}

/** A value is a template without expressions. */
function asTemplate(value: Value): Template {
  if (isSequenceValue(value)) return value.map(asTemplate)
  return isMappingValue(value)
    ? { map: Object.entries(value).map(([key, item]): [string, Template] => [key, asTemplate(item)]) }
    : value
}

function syntaxOf(expression: Expression, scope: Scope): Syntax {
  const parsed = parseExpression(expression.expr)
  if (!parsed.ok) throw new Failure(`${quoted(expression)}: ${parsed.message}`, expression.at)
  for (const use of parsed.syntax.uses) {
    if (!isAllowed(use, scope)) {
      const shown = use.kind === 'context' ? `\`${use.name}\`` : `\`${use.name}()\``
      throw new Failure(`${quoted(expression)}: ${shown} is not available here`, expression.at)
    }
  }
  return parsed.syntax
}

function isAllowed(use: NameUse, scope: Scope): boolean {
  if (use.kind === 'context') return Object.hasOwn(scope.contexts, use.key)
  if (STATUS_FUNCTIONS.has(use.key)) return scope.status !== undefined
  return use.key === 'hashfiles' ? scope.hashFiles !== undefined : isCommonFunction(use.key)
}

function run(syntax: Syntax, expression: Expression, scope: Scope): Value {
  try {
    return unwrap(new ScopedEvaluator(syntax.tree, scope).evaluate())
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error
    throw new Failure(`${quoted(expression)}: ${error.message}`, expression.at)
  }
}
