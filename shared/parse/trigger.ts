/** `on`: one entry per event. */
import {
  MappingToken,
  SequenceToken,
  StringToken,
  type TemplateToken,
} from '@actions/workflow-parser/templates/tokens/index'
import type { EventTrigger } from '../workflow.ts'
import { placeOf, toTemplate } from './token.ts'

export function toTriggers(token: TemplateToken | undefined): EventTrigger[] {
  if (token instanceof StringToken) return [{ event: token.value, config: null, at: placeOf(token) }]
  if (token instanceof SequenceToken) return [...token].flatMap(toTriggers)
  if (!(token instanceof MappingToken)) return []
  return [...token].map(({ key, value }) => ({ event: key.toString(), config: toTemplate(value), at: placeOf(key) }))
}
