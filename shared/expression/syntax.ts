/** Expressions as trees: lexed and parsed by `@actions/expressions`, with the names they use, kept by their text. */
import {
  Binary,
  ContextAccess,
  type Expr,
  FunctionCall,
  Grouping,
  IndexAccess,
  Logical,
  Unary,
} from '@actions/expressions/ast'
import { ErrorType, ExpressionError } from '@actions/expressions/errors'
import { wellKnownFunctions } from '@actions/expressions/funcs'
import { Lexer, type Token, TokenType } from '@actions/expressions/lexer'
import { Parser } from '@actions/expressions/parser'
import { EXPRESSION_LENGTH_MAX } from '../limit.ts'

/** A context or function that an expression names, in lower case as GitHub compares them. */
export interface NameUse {
  readonly kind: 'context' | 'function'
  /** As written. */
  readonly name: string
  readonly key: string
  /** Of a function: how many arguments it was given. */
  readonly argumentCount: number
}

/** An expression's tree, and every name it uses. */
export interface Syntax {
  readonly tree: Expr
  readonly uses: readonly NameUse[]
}

/** `message` and `remedy` are clauses of a problem. */
export type SyntaxResult =
  | { readonly ok: true; readonly syntax: Syntax }
  | { readonly ok: false; readonly message: string; readonly remedy: string }

/** The functions that are allowed everywhere, as GitHub spells them. */
export const COMMON_FUNCTIONS = ['case', 'contains', 'endsWith', 'format', 'fromJSON', 'join', 'startsWith', 'toJSON']
const COMMON_FUNCTION_KEYS = new Set(COMMON_FUNCTIONS.map((name) => name.toLowerCase()))

/** Whether the function is there in every expression; `key` is its name in lower case. */
export function isCommonFunction(key: string): boolean {
  return COMMON_FUNCTION_KEYS.has(key)
}

/**
 * Characters of the expressions whose trees are kept, per process; the oldest go first. A job of 500 steps has some thousand short ones; a tree
 * takes up to a hundred bytes a character, so all of them stay below 50 MB.
 */
const CACHE_CHARACTERS_MAX = 500_000
const cache = new Map<string, SyntaxResult>()
let cachedCharacters = 0

/** Whether the names exist is for the caller to say: which do depends on the place. */
export function parseExpression(text: string): SyntaxResult {
  const known = cache.get(text)
  if (known !== undefined) return known
  const made = readExpression(text)
  if (text.length <= EXPRESSION_LENGTH_MAX) keep(text, made)
  return made
}

function keep(text: string, made: SyntaxResult): void {
  cache.set(text, made)
  cachedCharacters += text.length
  for (const oldest of cache.keys()) {
    if (cachedCharacters <= CACHE_CHARACTERS_MAX) break
    cache.delete(oldest)
    cachedCharacters -= oldest.length
  }
}

function readExpression(text: string): SyntaxResult {
  if (text.length > EXPRESSION_LENGTH_MAX) {
    return {
      ok: false,
      message: `the expression has ${text.length} characters, ${EXPRESSION_LENGTH_MAX} are allowed`,
      remedy: 'split it, or move the text into a file or an environment variable',
    }
  }
  try {
    const tokens = new Lexer(text).lex().tokens.map(unquoted)
    const names = tokens.filter((token) => token.type === TokenType.IDENTIFIER).map((token) => token.lexeme)
    const anyArity = names
      .filter((name) => !isCommonFunction(name.toLowerCase()))
      .map((name) => ({ name, minArgs: 0, maxArgs: Number.MAX_SAFE_INTEGER }))
    const tree = new Parser(tokens, names, anyArity).parse()
    if (tree === undefined)
      return { ok: false, message: 'the expression is empty', remedy: 'write one between ${{ and }}' }
    return { ok: true, syntax: { tree, uses: [...namesUsed(tree)] } }
  } catch (error) {
    return { ok: false, ...syntaxError(error) }
  }
}

/** The library's lexer turns only the first `''` of a string into `'`; GitHub turns every one. */
function unquoted(token: Token): Token {
  if (token.type !== TokenType.STRING) return token
  return { ...token, value: token.lexeme.slice(1, -1).replaceAll("''", "'") }
}

function* namesUsed(tree: Expr): Generator<NameUse> {
  if (tree instanceof ContextAccess) {
    const name = tree.name.lexeme
    yield { kind: 'context', name, key: name.toLowerCase(), argumentCount: 0 }
  } else if (tree instanceof FunctionCall) {
    const name = tree.functionName.lexeme
    yield { kind: 'function', name, key: name.toLowerCase(), argumentCount: tree.args.length }
  }
  for (const child of childrenOf(tree)) yield* namesUsed(child)
}

function childrenOf(tree: Expr): readonly Expr[] {
  if (tree instanceof FunctionCall || tree instanceof Logical) return tree.args
  if (tree instanceof Binary) return [tree.left, tree.right]
  if (tree instanceof Unary) return [tree.expr]
  if (tree instanceof Grouping) return [tree.group]
  return tree instanceof IndexAccess ? [tree.expr, tree.index] : []
}

/** What the library throws says which rule was broken and at which token; its fields are private in its types only. */
type Thrown = { readonly typ: ErrorType; readonly tok: Token }

function syntaxError(error: unknown): { message: string; remedy: string } {
  if (error instanceof ExpressionError) {
    const { typ, tok } = error as unknown as Thrown
    return ruleBroken(typ, tok)
  }
  const [message = ''] = (error instanceof Error ? error.message : '').split('. Located')
  const symbol = message.replace(/^Unexpected symbol: /, '')
  const remedy = SYMBOL_REMEDIES.find(([start]) => symbol.startsWith(start))?.[1]
  return {
    message: `unexpected ${symbol.length > 80 ? `${symbol.slice(0, 80)}…` : symbol}`,
    remedy: remedy ?? CHECK_AROUND,
  }
}

const CHECK_AROUND = 'check the brackets, commas and operators around it'

/** By how the symbol begins that the library quotes. */
const SYMBOL_REMEDIES: readonly (readonly [start: string, remedy: string])[] = [
  [`'"`, "strings stand in single quotes: 'text'"],
  ["''", "close the string with '; a quote inside is written twice: 'it''s'"],
  ["'=", 'compare with =='],
  ["'&", 'write && for and'],
  ["'|", 'write || for or'],
  ["'+", 'expressions do not calculate: do it in a step'],
  ["'-", 'expressions do not calculate: do it in a step'],
]

function ruleBroken(rule: ErrorType, token: Token): { message: string; remedy: string } {
  const found = token.type === TokenType.EOF ? 'end' : `\`${token.lexeme}\``
  switch (rule) {
    case ErrorType.ErrorUnexpectedEndOfExpression:
      return {
        message: 'the expression ends too early',
        remedy: 'close every bracket and give each operator two sides',
      }
    case ErrorType.ErrorExceededMaxDepth:
      return { message: 'the expression is nested more than 50 deep', remedy: 'split it into smaller ones' }
    case ErrorType.ErrorExceededMaxLength:
      return { message: 'the expression is too long', remedy: `keep it under ${EXPRESSION_LENGTH_MAX} characters` }
    case ErrorType.ErrorTooFewParameters:
      return { message: `\`${token.lexeme}\` has too few arguments`, remedy: argumentRemedy(token) }
    case ErrorType.ErrorTooManyParameters:
      return { message: `\`${token.lexeme}\` has too many arguments`, remedy: argumentRemedy(token) }
    case ErrorType.ErrorEvenParameters:
      return {
        message: '`case` has an even number of arguments',
        remedy: 'write pairs of condition and value, then one default at the end',
      }
    case ErrorType.ErrorUnexpectedSymbol:
    case ErrorType.ErrorUnrecognizedNamedValue:
    case ErrorType.ErrorUnrecognizedContext:
    case ErrorType.ErrorUnrecognizedFunction:
      return { message: `unexpected ${found}`, remedy: CHECK_AROUND }
  }
}

function argumentRemedy(token: Token): string {
  const known = wellKnownFunctions[token.lexeme.toLowerCase()]
  if (known === undefined) return ''
  return known.minArgs === known.maxArgs
    ? `it takes ${known.minArgs}`
    : `it takes at least ${known.minArgs}${known.maxArgs > 255 ? '' : `, at most ${known.maxArgs}`}`
}
