/** `timeout-minutes` of a job or step. */
import { NumberToken, type TemplateToken } from '@actions/workflow-parser/templates/tokens/index'
import type { Problems } from './problems.ts'

/** What is no number at all the schema refuses. */
export function checkMinutes(token: TemplateToken | undefined, problems: Problems): void {
  if (!(token instanceof NumberToken) || (Number.isFinite(token.value) && token.value >= 0)) return
  problems.add(token, `\`timeout-minutes\` cannot be ${token.value}`, 'write a number of minutes, 0 or more')
}
