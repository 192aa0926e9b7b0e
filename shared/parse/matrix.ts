/** A `matrix` that is spelled out is expanded already when the file is read, to say at once what is wrong with it. */
import {
  BasicExpressionToken,
  InsertExpressionToken,
  MappingToken,
  SequenceToken,
  type TemplateToken,
} from '@actions/workflow-parser/templates/tokens/index'
import { evaluate } from '../expression.ts'
import { expandMatrix } from '../matrix.ts'
import type { Problems } from './problems.ts'
import { toTemplate } from './token.ts'

export function checkMatrix(token: TemplateToken | undefined, problems: Problems): void {
  if (!(token instanceof MappingToken) || !hasShape(token) || !isSpelledOut(token)) return
  const value = evaluate(toTemplate(token), { contexts: {} })
  if (!value.ok) return
  const expanded = expandMatrix(value.value)
  if (!expanded.ok) problems.add(token, expanded.message, expanded.remedy)
}

/** The schema refuses what has not. */
function hasShape(matrix: MappingToken): boolean {
  return [...matrix].every(({ key, value }) => {
    const isFilter = ['include', 'exclude'].includes(key.toString())
    return value instanceof SequenceToken && (!isFilter || [...value].every((item) => item instanceof MappingToken))
  })
}

function isSpelledOut(token: TemplateToken): boolean {
  if (token instanceof MappingToken)
    return [...token].every(({ key, value }) => isSpelledOut(key) && isSpelledOut(value))
  if (token instanceof SequenceToken) return [...token].every(isSpelledOut)
  return !(token instanceof BasicExpressionToken || token instanceof InsertExpressionToken)
}
