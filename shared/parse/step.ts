/** The steps of a job. */
import { MappingToken, SequenceToken, type TemplateToken } from '@actions/workflow-parser/templates/tokens/index'
import type { Step } from '../workflow.ts'
import { checkCheckout } from './checkout.ts'
import { toCondition } from './condition.ts'
import { checkId, StepIds } from './id.ts'
import { checkMinutes } from './minutes.ts'
import type { Problems } from './problems.ts'
import { checkShell } from './shell.ts'
import { keyAt, literalText, optionalTemplate, placeOf, toTemplate, valueAt } from './token.ts'
import { checkUses, isCheckout } from './uses.ts'

/** A step whose kind is clear; its own id, if it has one. */
interface Draft {
  readonly step: Step
  readonly hasId: boolean
}

export function toSteps(
  job: string,
  token: TemplateToken | undefined,
  jobKey: TemplateToken,
  problems: Problems,
): Step[] {
  if (token === undefined) {
    problems.add(jobKey, `the job \`${job}\` has no \`steps\``, 'give it at least one: `steps: [{ run: echo hello }]`')
    return []
  }
  if (!(token instanceof SequenceToken)) return []
  if (token.count === 0) problems.add(token, `the \`steps\` of job \`${job}\` are empty`, 'give it at least one step')
  const ids = new StepIds()
  const drafts = [...token].map((item) => toDraft(item, ids, problems)).filter((draft) => draft !== undefined)
  return drafts.map(({ step, hasId }) => (hasId ? step : { ...step, id: ids.generate(nameOf(step)) }))
}

/** What a generated id is made of. */
function nameOf(step: Step): string {
  return step.kind === 'run' ? 'run' : (step.uses.split('@')[0] ?? '')
}

function toDraft(token: TemplateToken, ids: StepIds, problems: Problems): Draft | undefined {
  if (!(token instanceof MappingToken)) return undefined
  const id = ownId(token, ids, problems)
  checkMinutes('timeout-minutes', valueAt(token, 'timeout-minutes'), problems)
  const base = {
    id: id ?? '',
    at: placeOf(token),
    ...optionalTemplate('name', valueAt(token, 'name')),
    ...optionalTemplate('env', valueAt(token, 'env')),
    ...optionalTemplate('continueOnError', valueAt(token, 'continue-on-error')),
    ...optionalTemplate('timeoutMinutes', valueAt(token, 'timeout-minutes')),
  }
  const condition = toCondition(valueAt(token, 'if'), problems)
  const step = toStep(token, condition === undefined ? base : { ...base, if: condition }, problems)
  return step && { step, hasId: id !== undefined }
}

function ownId(token: MappingToken, ids: StepIds, problems: Problems): string | undefined {
  const value = valueAt(token, 'id')
  const id = literalText(value)
  if (value === undefined || id === undefined || id === '') return undefined
  checkId(id, value, 'step', problems)
  if (!ids.take(id)) problems.add(value, `the step id \`${id}\` is used twice in this job`, 'give each step its own id')
  return id
}

type StepBase = Omit<Step, 'kind' | 'run' | 'uses' | 'with' | 'shell' | 'workingDirectory'>

function toStep(token: MappingToken, base: StepBase, problems: Problems): Step | undefined {
  const run = valueAt(token, 'run')
  if (run !== undefined) {
    checkShell(valueAt(token, 'shell'), problems)
    return {
      ...base,
      kind: 'run',
      run: toTemplate(run),
      ...optionalTemplate('shell', valueAt(token, 'shell')),
      ...optionalTemplate('workingDirectory', valueAt(token, 'working-directory')),
    }
  }
  const parallel = keyAt(token, 'parallel')
  if (parallel !== undefined) {
    problems.add(
      parallel,
      '`parallel`: steps beside each other are not supported yet',
      'write the steps one below the other',
    )
  }
  const usesToken = valueAt(token, 'uses')
  const uses = literalText(usesToken)
  if (usesToken === undefined || uses === undefined || uses === '') return undefined
  checkUses(uses, usesToken, problems)
  const inputs = valueAt(token, 'with')
  if (inputs instanceof MappingToken && isCheckout(uses)) checkCheckout(inputs, problems)
  return { ...base, kind: 'uses', uses, ...optionalTemplate('with', inputs) }
}
