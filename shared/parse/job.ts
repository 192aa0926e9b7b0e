/** One job of a workflow. */
import {
  MappingToken,
  NumberToken,
  SequenceToken,
  StringToken,
  type TemplateToken,
} from '@actions/workflow-parser/templates/tokens/index'
import type { MappingTemplate } from '../template.ts'
import type { Job, RunDefaults, Strategy } from '../workflow.ts'
import { toCondition } from './condition.ts'
import { checkId } from './id.ts'
import { checkMatrix } from './matrix.ts'
import { checkMinutes } from './minutes.ts'
import type { Problems } from './problems.ts'
import { checkShell } from './shell.ts'
import { toSteps } from './step.ts'
import { keyAt, optionalTemplate, placeOf, toMapping, toTemplate, valueAt } from './token.ts'

/** A job with the places of its needs, for the checks that look at all jobs. */
export interface JobDraft {
  readonly job: Job
  readonly key: TemplateToken
  readonly needs: readonly StringToken[]
}

/** What is refused until it works, with what to do meanwhile. */
const LATER: { readonly [key: string]: readonly [message: string, remedy: string] } = {
  uses: ['reusable workflows are not supported yet', 'copy the jobs of the called workflow into this file'],
  container: ['`container` is not supported yet: jobs run on the machine itself', 'remove `container`'],
  services: ['`services` are not supported yet', 'remove `services`, or start what the job needs in a step'],
  snapshot: ['`snapshot` is not supported: custom images are made on hosted runners only', 'remove `snapshot`'],
}

export function toJob(key: TemplateToken, value: TemplateToken, problems: Problems): JobDraft {
  const id = key.toString()
  checkId(id, key, 'job', problems)
  for (const [name, [message, remedy]] of Object.entries(LATER)) {
    const found = keyAt(value, name)
    if (found !== undefined) problems.add(found, message, remedy)
  }
  const needs = needsOf(valueAt(value, 'needs'))
  const isCall = keyAt(value, 'uses') !== undefined
  return { key, needs, job: fieldsOf(id, key, value, needs, isCall, problems) }
}

function fieldsOf(
  id: string,
  key: TemplateToken,
  value: TemplateToken,
  needs: readonly StringToken[],
  isCall: boolean,
  problems: Problems,
): Job {
  const at = (name: string) => valueAt(value, name)
  for (const name of ['timeout-minutes', 'cancel-timeout-minutes']) checkMinutes(name, at(name), problems)
  const condition = toCondition(at('if'), problems)
  const strategy = toStrategy(at('strategy'), problems)
  const outputs = at('outputs')
  const runsOn = at('runs-on')
  if (runsOn instanceof SequenceToken && runsOn.count === 0) {
    problems.add(runsOn, '`runs-on` is an empty list', 'name at least one label: `runs-on: ubuntu-latest`')
  }
  return {
    id,
    at: placeOf(key),
    needs: [...new Set(needs.map((need) => need.value))],
    runsOn: runsOn === undefined ? null : toTemplate(runsOn),
    defaults: toDefaults(at('defaults'), problems),
    steps: isCall ? [] : toSteps(id, at('steps'), key, problems),
    ...(condition && { if: condition }),
    ...(strategy && { strategy }),
    ...(outputs instanceof MappingToken && { outputs: toMapping(outputs) satisfies MappingTemplate }),
    ...optionalTemplate('name', at('name')),
    ...optionalTemplate('continueOnError', at('continue-on-error')),
    ...optionalTemplate('timeoutMinutes', at('timeout-minutes')),
    ...optionalTemplate('cancelTimeoutMinutes', at('cancel-timeout-minutes')),
    ...optionalTemplate('env', at('env')),
    ...optionalTemplate('permissions', at('permissions')),
    ...optionalTemplate('concurrency', at('concurrency')),
    ...optionalTemplate('environment', at('environment')),
  }
}

function needsOf(token: TemplateToken | undefined): readonly StringToken[] {
  const items = token instanceof SequenceToken ? [...token] : [token]
  return items.filter((item) => item instanceof StringToken)
}

/** `defaults.run`, of the workflow or of a job. */
export function toDefaults(token: TemplateToken | undefined, problems: Problems): RunDefaults {
  const run = valueAt(token, 'run')
  checkShell(valueAt(run, 'shell'), problems)
  return {
    ...optionalTemplate('shell', valueAt(run, 'shell')),
    ...optionalTemplate('workingDirectory', valueAt(run, 'working-directory')),
  }
}

function toStrategy(token: TemplateToken | undefined, problems: Problems): Strategy | undefined {
  if (token === undefined) return undefined
  if (!(token instanceof MappingToken)) {
    problems.add(token, 'the whole `strategy` cannot be an expression yet', 'write `matrix: ${{ … }}` below it')
    return undefined
  }
  const matrix = valueAt(token, 'matrix')
  checkMatrix(matrix, problems)
  const maxParallel = valueAt(token, 'max-parallel')
  if (maxParallel instanceof NumberToken && !(maxParallel.value >= 1)) {
    problems.add(maxParallel, `\`max-parallel\` cannot be ${maxParallel.value}`, 'write a number, 1 or more')
  }
  return {
    at: placeOf(token),
    ...optionalTemplate('matrix', matrix),
    ...optionalTemplate('failFast', valueAt(token, 'fail-fast')),
    ...optionalTemplate('maxParallel', maxParallel),
  }
}
