/** `on`: one entry per event, and what the schema lets through in them. */
import {
  MappingToken,
  SequenceToken,
  StringToken,
  type TemplateToken,
} from '@actions/workflow-parser/templates/tokens/index'
import type { EventTrigger } from '../workflow.ts'
import { isCron } from './cron.ts'
import type { Problems } from './problems.ts'
import { itemsOf, keyAt, literalText, placeOf, toTemplate, valueAt } from './token.ts'

export function toTriggers(token: TemplateToken | undefined, problems: Problems): EventTrigger[] {
  const triggers = readTriggers(token)
  if (token !== undefined && triggers.length === 0 && !(token instanceof StringToken)) {
    problems.add(token, '`on` names no event', 'say when the workflow runs: `on: push`')
  }
  if (token instanceof MappingToken) {
    for (const { key, value } of token) checkEvent(key.toString(), value, problems)
  }
  return triggers
}

function readTriggers(token: TemplateToken | undefined): EventTrigger[] {
  if (token instanceof StringToken) return [{ event: token.value, config: null, at: placeOf(token) }]
  if (token instanceof SequenceToken) return [...token].flatMap(readTriggers)
  if (!(token instanceof MappingToken)) return []
  return [...token].map(({ key, value }) => ({ event: key.toString(), config: toTemplate(value), at: placeOf(key) }))
}

function checkEvent(event: string, config: TemplateToken, problems: Problems): void {
  for (const filter of ['branches', 'tags', 'paths']) {
    const ignored = keyAt(config, `${filter}-ignore`)
    if (ignored === undefined || keyAt(config, filter) === undefined) continue
    const message = `\`${event}\` has both \`${filter}\` and \`${filter}-ignore\``
    problems.add(ignored, message, 'keep the first; a pattern that begins with ! leaves out')
  }
  if (event === 'schedule') for (const item of itemsOf(config)) checkSchedule(item, problems)
  const inputs = valueAt(config, 'inputs')
  if (event === 'workflow_dispatch' && inputs instanceof MappingToken) {
    for (const { key, value } of inputs) checkInput(key, value, problems)
  }
}

function checkSchedule(item: TemplateToken, problems: Problems): void {
  const cron = valueAt(item, 'cron')
  const text = literalText(cron)
  if (text === undefined || isCron(text)) return
  const remedy = "minute, hour, day, month, weekday: '30 4 * * 1-5' is half past four on workdays"
  problems.add(cron, `\`${text}\` is not a time plan`, remedy)
}

function checkInput(key: TemplateToken, input: TemplateToken, problems: Problems): void {
  if (literalText(valueAt(input, 'type')) !== 'choice') return
  const name = key.toString()
  const options = itemsOf(valueAt(input, 'options')).map((option) => option.toString())
  if (options.length === 0) {
    problems.add(
      key,
      `the input \`${name}\` is a choice without \`options\``,
      'list what can be chosen: `options: [a, b]`',
    )
    return
  }
  const chosen = valueAt(input, 'default')
  if (chosen !== undefined && !options.includes(chosen.toString())) {
    problems.add(
      chosen,
      `the \`default\` of the input \`${name}\` is none of its options`,
      `choose of: ${options.join(', ')}`,
    )
  }
}
