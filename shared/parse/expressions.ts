/** All expressions of a file: those the library refused, and those it let through though they cannot work. */
import { BasicExpressionToken, StringToken, TemplateToken } from '@actions/workflow-parser/templates/tokens/index'
import type { Place } from '../template.ts'
import { checkExpression, type ExpressionProblem } from './expression.ts'
import type { Problems } from './problems.ts'
import { placeOfExpression } from './source.ts'

/** Says what is wrong in a text with expressions. False when nothing was found. */
export function explainExpressions(
  token: StringToken,
  allowed: readonly string[],
  text: string,
  problems: Problems,
): boolean {
  let any = false
  for (const [nth, expression] of [...expressionsIn(token.value)].entries()) {
    for (const problem of checkEmbedded(expression, allowed)) {
      any = true
      problems.add(placeOfExpression(text, token.range, nth, problem.name), problem.message, problem.remedy)
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

/** What stands between `${{` and `}}`, trimmed; a `}}` in quotes does not end it. Unclosed ones are left out. */
function* expressionsIn(value: string): Generator<string> {
  const pattern = /\$\{\{((?:'[^']*'|(?!\}\})[^'])*)\}\}/g
  for (const match of value.matchAll(pattern)) yield (match[1] ?? '').trim()
}

/** Where the first `${{` without an end stands. */
export function placeOfUnclosed(token: TemplateToken | undefined, text: string): Place {
  const closed = token instanceof StringToken ? [...expressionsIn(token.value)].length : 0
  return placeOfExpression(text, token?.range, closed)
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
