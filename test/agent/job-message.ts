/** A workflow's job as the message that would reach an agent: parsed, planned and specified by the real thing. */
import assert from 'node:assert/strict'
import { formatProblem } from '../../shared/error.ts'
import type { JobMessage } from '../../shared/message.ts'
import { parseWorkflow } from '../../shared/parse.ts'
import { buildPlan } from '../../shared/plan.ts'
import { advance } from '../../shared/run.ts'
import { jobSpec } from '../../shared/spec.ts'
import { type TriggerRequest, triggerSchema } from '../../shared/trigger.ts'

export const FILE = '.github/workflows/test.yml'

export type MessageOptions = Partial<Omit<TriggerRequest, 'workflow'>>

/** The first job's message. `text` is a workflow, or only the `steps:` (and other keys) of a job, indented by nothing. */
export function jobMessage(text: string, options: MessageOptions = {}): JobMessage {
  const workflow = parsed(parseWorkflow(FILE, text.includes('jobs:') ? text : asWorkflow(text)))
  const trigger = triggerSchema.parse({ workflow: { file: FILE }, ...options })
  const plan = parsed(
    buildPlan(workflow, trigger, {
      run: 1,
      runNumber: 7,
      provenance: { kind: 'uploaded', by: 'test' },
      trust: { event: 'push', actor: 'test', fork: false, protectedRef: false, workflowFrom: 'head' },
      createdAtMs: 0,
    }),
  )
  const facts = { runAttempt: 1, reruns: new Map(), logs: new Map() }
  const offer = advance(plan, facts).decisions.find((decision) => decision.kind === 'offer')
  assert.ok(offer, 'the workflow has a job that runs')
  const specified = jobSpec(plan, facts, offer.ref)
  assert.ok(specified.ok)
  const { ref } = offer
  return {
    version: 1,
    iss: 'test',
    aud: 'local',
    exp: 4_000_000_000,
    ...ref,
    offer: 0,
    spec: specified.spec,
    provenance: plan.provenance,
    trust: plan.trust,
  }
}

function asWorkflow(job: string): string {
  const lines = job.split('\n').map((line) => `    ${line}`)
  return ['on: push', 'jobs:', '  job:', '    runs-on: ubuntu-latest', ...lines].join('\n')
}

function parsed<T>(result: { ok: true; value: T } | { ok: false; problems: Parameters<typeof formatProblem>[0][] }): T {
  assert.ok(result.ok, result.ok ? '' : result.problems.map(formatProblem).join('\n'))
  return result.value
}
