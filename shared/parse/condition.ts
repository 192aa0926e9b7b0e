/** The `if` of a job or step: text that is an expression with or without `${{ }}`. */
import { BasicExpressionToken, StringToken, type TemplateToken } from '@actions/workflow-parser/templates/tokens/index'
import type { Expression } from '../template.ts'
import { checkExpression } from './expression.ts'
import type { Problems } from './problems.ts'
import { rangeOf } from './read.ts'
import { placeOf } from './token.ts'

export function toCondition(token: TemplateToken | undefined, problems: Problems): Expression | undefined {
  if (token instanceof BasicExpressionToken) return { expr: token.expression, at: placeOf(token) }
  if (!(token instanceof StringToken)) return undefined
  const expr = token.value.trim()
  if (expr === '' || expr.includes('${{')) return undefined
  for (const problem of checkExpression(expr, token.definitionInfo?.allowedContext ?? [])) {
    const place = problems.source.placeOfName(rangeOf(token), problem.name)
    problems.add(place, `\`if\`: ${problem.message}`, problem.remedy)
  }
  return { expr, at: placeOf(token) }
}
