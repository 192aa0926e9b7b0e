/** Checks an expression where it stands: which contexts and functions may be named depends on the place. */
import { COMMON_FUNCTIONS, isCommonFunction, type NameUse, parseExpression } from '../expression/syntax.ts'
import { nearest } from './near.ts'

/** Clauses of a problem whose place the caller knows. */
export interface ExpressionProblem {
  readonly message: string
  readonly remedy: string
  /** The name it is about, to be looked for in the file. */
  readonly name?: string
}

/** What the schema allows: contexts by name, functions as `success(0,MAX)`. Each wrong name once. */
export function checkExpression(text: string, allowed: readonly string[]): readonly ExpressionProblem[] {
  const parsed = parseExpression(text)
  if (!parsed.ok) return [{ message: parsed.message, remedy: parsed.remedy }]
  return parsed.syntax.uses.flatMap((use, index, uses) => {
    if (uses.findIndex((other) => other.kind === use.kind && other.key === use.key) !== index) return []
    const problem = use.kind === 'context' ? checkContext(use, allowed) : checkFunction(use, allowed)
    return problem === undefined ? [] : [{ ...problem, name: use.name }]
  })
}

/** Every context GitHub knows, each somewhere. */
const CONTEXTS = [
  'github',
  'env',
  'vars',
  'job',
  'jobs',
  'steps',
  'runner',
  'secrets',
  'strategy',
  'matrix',
  'needs',
  'inputs',
]

function checkContext(use: NameUse, allowed: readonly string[]): ExpressionProblem | undefined {
  const contexts = allowed.filter((name) => !name.includes('('))
  if (contexts.includes(use.key)) return undefined
  const available = contexts.length === 0 ? 'no context is available here' : `available here: ${contexts.join(', ')}`
  if (CONTEXTS.includes(use.key)) {
    return { message: `the context \`${use.name}\` cannot be used here`, remedy: available }
  }
  const near = nearest(use.name, contexts)
  const remedy =
    near === undefined ? `text stands in single quotes: '${use.name}'; ${available}` : `did you mean \`${near}\`?`
  return { message: `there is no context \`${use.name}\``, remedy }
}

const STATUS_FUNCTIONS = ['success', 'failure', 'cancelled', 'always']

function checkFunction(use: NameUse, allowed: readonly string[]): ExpressionProblem | undefined {
  if (isCommonFunction(use.key)) return undefined
  const rules = allowed.map(readRule).filter((rule) => rule !== undefined)
  const rule = rules.find((candidate) => candidate.name.toLowerCase() === use.key)
  if (rule !== undefined) return checkArguments(use, rule)
  if (STATUS_FUNCTIONS.includes(use.key)) {
    return { message: `\`${use.name}()\` cannot be used here`, remedy: 'status functions work in `if` only' }
  }
  if (use.key === 'hashfiles') {
    return {
      message: '`hashFiles()` cannot be used here',
      remedy: 'it works in the steps of a job, where there are files',
    }
  }
  const names = [...COMMON_FUNCTIONS, ...rules.map((known) => known.name)]
  const near = nearest(use.name, names)
  return {
    message: `there is no function \`${use.name}\``,
    remedy: near === undefined ? `available here: ${names.join(', ')}` : `did you mean \`${near}\`?`,
  }
}

interface ArgumentRule {
  readonly name: string
  readonly min: number
  readonly max: number
}

function readRule(allowed: string): ArgumentRule | undefined {
  const [, name, min, max] = /^(\w+)\((\d+),(\d+|MAX)\)$/.exec(allowed) ?? []
  if (name === undefined) return undefined
  return { name, min: Number(min), max: max === 'MAX' ? Number.MAX_SAFE_INTEGER : Number(max) }
}

function checkArguments(use: NameUse, rule: ArgumentRule): ExpressionProblem | undefined {
  if (use.argumentCount >= rule.min && use.argumentCount <= rule.max) return undefined
  const amount = use.argumentCount < rule.min ? 'too few' : 'too many'
  const remedy = rule.max === 0 ? 'it takes none' : `it takes ${rule.min} to ${rule.max}`
  return { message: `\`${use.name}\` has ${amount} arguments`, remedy }
}
