/** `timeout-minutes` of a job or step, and `cancel-timeout-minutes`. */
import { NumberToken, type TemplateToken } from '@actions/workflow-parser/templates/tokens/index'
import type { Problems } from './problems.ts'

/** What is no number at all the schema refuses. */
export function checkMinutes(name: string, token: TemplateToken | undefined, problems: Problems): void {
  if (!(token instanceof NumberToken) || (Number.isFinite(token.value) && token.value >= 0)) return
  problems.add(token, `\`${name}\` cannot be ${token.value}`, 'write a number of minutes, 0 or more')
}
