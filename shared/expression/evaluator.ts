/** The library's evaluator with GitHub's functions where the library's differ, and errors that repeat no value. */
import type { ContextAccess, Expr, FunctionCall } from '@actions/expressions/ast'
import { Dictionary, type ExpressionData, Kind } from '@actions/expressions/data/index'
import { Evaluator } from '@actions/expressions/evaluator'
import type { Scope } from '../expression.ts'
import type { Value } from '../template.ts'
import { unwrap, wrap, wrapCaseSensitive } from './data.ts'
import { isMappingValue, toText } from './value.ts'

/** Why an expression has no value. The message holds names from the workflow file, never a value. */
export class EvaluationError extends Error {}

type LocalFunction = (scope: Scope, args: readonly ExpressionData[]) => ExpressionData

/** The parser has checked that these are allowed; what is missing here is the library's. */
const FUNCTIONS: { readonly [key: string]: LocalFunction } = {
  always: () => wrap(true),
  success: (scope, args) => wrap(scope.status?.success(texts(args)) ?? false),
  failure: (scope, args) => wrap(scope.status?.failure(texts(args)) ?? false),
  cancelled: (scope) => wrap(scope.status?.cancelled() ?? false),
  hashfiles: (scope, args) => wrap(scope.hashFiles?.(texts(args)) ?? ''),
  tojson: (_, [value]) => wrap(JSON.stringify(value === undefined ? null : unwrap(value), null, 2)),
  fromjson: (_, [text]) => wrap(fromJson(text === undefined ? '' : text.coerceString())),
}

export class ScopedEvaluator extends Evaluator {
  readonly #scope: Scope

  constructor(tree: Expr, scope: Scope) {
    super(tree, new Dictionary())
    this.#scope = scope
  }

  override visitContextAccess(access: ContextAccess): ExpressionData {
    const key = access.name.lexeme.toLowerCase()
    const value = this.#scope.contexts[key] ?? null
    return key === 'env' && isMappingValue(value) ? wrapCaseSensitive(value) : wrap(value)
  }

  override visitFunctionCall(call: FunctionCall): ExpressionData {
    const key = call.functionName.lexeme.toLowerCase()
    if (key === 'case') return this.#firstCase(call.args)
    if (Object.hasOwn(FUNCTIONS, key)) {
      return (
        FUNCTIONS[key]?.(
          this.#scope,
          call.args.map((arg) => this.eval(arg)),
        ) ?? wrap(null)
      )
    }
    if (key === 'format') return this.#format(call)
    return super.visitFunctionCall(call)
  }

  /** Only the chosen value is evaluated, as the official runner does; the library evaluates all. */
  #firstCase(args: readonly Expr[]): ExpressionData {
    for (let index = 0; index + 1 < args.length; index += 2) {
      const [condition, value] = args.slice(index, index + 2)
      if (condition === undefined || value === undefined) break
      const met = this.eval(condition)
      if (met.kind !== Kind.Boolean) throw new EvaluationError('a condition of `case` is neither true nor false')
      if (met.value) return this.eval(value)
    }
    const last = args.at(-1)
    return last === undefined ? wrap(null) : this.eval(last)
  }

  /** The library's errors of `format` repeat the format string, which may hold a secret. */
  #format(call: FunctionCall): ExpressionData {
    const [pattern, ...args] = call.args.map((arg) => this.eval(arg))
    return wrap(
      formatText(
        pattern?.coerceString() ?? '',
        args.map((arg) => toText(unwrap(arg))),
      ),
    )
  }
}

function texts(args: readonly ExpressionData[]): string[] {
  return args.map((arg) => arg.coerceString())
}

function fromJson(text: string): Value {
  if (text.trim() === '') throw new EvaluationError('`fromJSON` was given an empty text')
  try {
    return JSON.parse(text)
  } catch {
    throw new EvaluationError('`fromJSON` was given a text that is not JSON')
  }
}

/** `{0}` is an argument, `{{` and `}}` are braces. Source: actions/runner Format.cs */
function formatText(pattern: string, args: readonly string[]): string {
  return pattern.replace(/\{\{|\}\}|\{(\d+)(?::[^}]*)?\}|[{}]/g, (match, index: string | undefined) => {
    if (match === '{{' || match === '}}') return match.charAt(0)
    if (index === undefined)
      throw new EvaluationError('the first argument of `format` has a brace that is not written twice')
    const arg = args[Number(index)]
    if (arg === undefined) throw new EvaluationError(`\`format\` names argument {${index}}, which it was not given`)
    return arg
  })
}
