/** All expressions of a file: those the library refused, and those it let through though they cannot work. */
import { BasicExpressionToken, StringToken, TemplateToken } from '@actions/workflow-parser/templates/tokens/index'
import type { Place } from '../template.ts'
import { checkExpression, type ExpressionProblem } from './expression.ts'
import type { Problems } from './problems.ts'
import { rangeOf } from './read.ts'

/** Says what is wrong in a text with expressions. False when nothing was found. */
export function explainExpressions(token: StringToken, allowed: readonly string[], problems: Problems): boolean {
  let any = false
  for (const { text, nth } of embedded(token.value)) {
    if (problems.isFull()) break
    if (text === undefined) continue
    for (const problem of checkEmbedded(text, allowed)) {
      any = true
      problems.add(
        problems.source.placeOfExpression(rangeOf(token), nth, problem.name),
        problem.message,
        problem.remedy,
      )
    }
  }
  return any
}

function checkEmbedded(expression: string, allowed: readonly string[]): readonly ExpressionProblem[] {
  if (expression === 'insert') {
    return [{ message: '`${{ insert }}` stands inside a text', remedy: 'it is a key of a mapping, alone' }]
  }
  return checkExpression(expression, allowed)
}

/** Where the `${{` without an end stands. */
export function placeOfUnclosed(token: TemplateToken | undefined, problems: Problems): Place {
  const last = token instanceof StringToken ? embedded(token.value).at(-1) : undefined
  return problems.source.placeOfExpression(rangeOf(token), last?.nth ?? 0)
}

interface Embedded {
  /** What stands between `${{` and `}}`, trimmed; undefined when it is never closed. */
  readonly text: string | undefined
  /** Which `${{` of the value opens it, from 0: one may stand in quotes inside another. */
  readonly nth: number
}

/** As the library finds them: a `}}` in quotes does not close. */
function embedded(value: string): Embedded[] {
  const found: Embedded[] = []
  let start = value.indexOf('${{')
  let nth = 0
  while (start >= 0) {
    const end = closingOf(value, start + 3)
    found.push({ text: end === undefined ? undefined : value.slice(start + 3, end).trim(), nth })
    if (end === undefined) break
    nth += value.slice(start, end).split('${{').length - 1
    start = value.indexOf('${{', end + 2)
  }
  return found
}

function closingOf(value: string, from: number): number | undefined {
  let quoted = false
  for (let index = from; index < value.length; index++) {
    if (value[index] === "'") quoted = !quoted
    else if (!quoted && value.startsWith('}}', index)) return index
  }
  return undefined
}

/**
 * The text around expressions becomes one `format(…)`, for which the limits of an expression hold: a long script with an expression in it is
 * refused, as on GitHub.
 */
export function checkExpressions(root: TemplateToken | undefined, problems: Problems): void {
  if (root === undefined) return
  for (const [, token] of TemplateToken.traverse(root)) {
    if (!(token instanceof BasicExpressionToken)) continue
    const isText = token.originalExpressions !== undefined
    for (const problem of checkExpression(token.expression, token.definitionInfo?.allowedContext ?? [])) {
      const remedy = isText ? 'give the values to the script by `env`, then it needs no ${{ }}' : problem.remedy
      problems.add(token, isText ? `text with expressions: ${problem.message}` : problem.message, remedy)
    }
  }
}
