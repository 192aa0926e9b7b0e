/**
 * A trigger becomes a run. Every step is written once under a key that follows from the step before, so whoever finds half a trigger, by the same
 * Idempotency-Key, completes it: number ▶ plan ▶ open ▶ list ▶ advance.
 */
import { parseWorkflow } from '../shared/parse.ts'
import { buildPlan, type Plan, refDataOf } from '../shared/plan.ts'
import type { Trigger } from '../shared/trigger.ts'
import type { Workflow } from '../shared/workflow.ts'
import { type Person, sha256 } from './access.ts'
import { fileOfBundle, getBundle, referBundle } from './bundle.ts'
import type { Dispatcher } from './dispatcher.ts'
import { factBody, hex, type PlanFact, parseFact } from './fact.ts'
import { numberKey, numberPrefix, openKey, parseNumberKey, planKey, runsKey } from './keys.ts'
import { RefusedError } from './refusal.ts'
import { settleRun } from './settle.ts'

/** A trigger as a route has parsed it; without `idempotencyKey` every call is a run of its own. */
export interface TriggerCall {
  readonly trigger: Trigger
  /** Of the request's body: the same Idempotency-Key with another body is refused. */
  readonly requestSha256: string
  readonly idempotencyKey?: string
  readonly by: Person
}

/** Refuses `invalid` with every problem, and `key-reused`. */
export async function startRun(dispatcher: Dispatcher, call: TriggerCall): Promise<number> {
  const repository = refDataOf(call.trigger.ref).repository
  const run = await runIdOf(dispatcher, repository, call.idempotencyKey)
  const known = await dispatcher.ledger.plan(run)
  const { plan, requestSha256 } = known ?? (await writePlan(dispatcher, run, repository, call))
  if (requestSha256 !== call.requestSha256)
    throw new RefusedError('key-reused', 'use a new key for a new run, or send the first request again')
  await openRun(dispatcher, plan)
  await settleRun(dispatcher, run)
  return run
}

/** 53 bits: a safe integer. By the key where there is one, so that a repeated trigger finds its run. */
async function runIdOf({ ports }: Dispatcher, repository: string, key: string | undefined): Promise<number> {
  const text = `${ports.config.issuer}\n${repository}\n${key}`
  const digits = key === undefined ? hex(ports.random()) : await sha256(new TextEncoder().encode(text))
  return Math.max(1, Number.parseInt(digits.slice(0, 14), 16) % Number.MAX_SAFE_INTEGER)
}

async function writePlan(
  dispatcher: Dispatcher,
  run: number,
  repository: string,
  call: TriggerCall,
): Promise<PlanFact> {
  const { ports, ledger } = dispatcher
  const { trigger, requestSha256 } = call
  if (trigger.source !== undefined) await referBundle(dispatcher, run, repository, trigger.source.sha256)
  const workflow = await readWorkflow(dispatcher, repository, trigger)
  const origin = { run, ...originOf(call), createdAtMs: ports.clock.nowMs() }
  const dry = buildPlan(workflow, trigger, { ...origin, runNumber: 0 })
  if (!dry.ok) throw new RefusedError('invalid', problemsIn(dry.problems.length), { problems: dry.problems })
  const plan: Plan = { ...dry.value, runNumber: await takeNumber(dispatcher, run, repository, workflow.file) }
  const { body } = await ports.store.putIfAbsent(planKey(run), factBody({ requestSha256, plan }, ports.random()))
  return (await ledger.plan(run)) ?? parseFact.plan(body)
}

/** What a person uploads runs as theirs, whatever repository it names: a cluster's policy decides what that may use. */
function originOf({ trigger, by }: TriggerCall): Pick<Plan, 'provenance' | 'trust'> {
  const { actor } = refDataOf(trigger.ref)
  return {
    provenance: { kind: 'uploaded', by: by.name },
    trust: { event: trigger.event.name, actor, fork: false, protectedRef: false, workflowFrom: 'head' },
  }
}

async function readWorkflow(dispatcher: Dispatcher, repository: string, trigger: Trigger): Promise<Workflow> {
  const { file } = trigger.workflow
  const parsed = parseWorkflow(file, trigger.workflow.text ?? (await textOf(dispatcher, repository, trigger)))
  if (parsed.ok) return parsed.value
  throw new RefusedError('invalid', problemsIn(parsed.problems.length), { problems: parsed.problems })
}

async function textOf(dispatcher: Dispatcher, repository: string, { workflow, source }: Trigger): Promise<string> {
  const bundle = source === undefined ? undefined : await getBundle(dispatcher, repository, source.sha256)
  const text = bundle === undefined ? undefined : await fileOfBundle(bundle, workflow.file)
  if (text !== undefined) return text
  const remedy = 'give its text, or a source bundle that has it'
  const problem = { file: workflow.file, line: 0, column: 0, message: 'the workflow file is not there', remedy }
  throw new RefusedError('invalid', problemsIn(1), { problems: [problem] })
}

function problemsIn(count: number): string {
  return count === 1 ? 'there is 1 problem' : `there are ${count} problems`
}

/** `run_number` is a log per workflow: the next entry names the run. One that was taken before the plan could be written is taken again. */
async function takeNumber({ ports }: Dispatcher, run: number, repository: string, file: string): Promise<number> {
  const prefix = numberPrefix(repository, (await sha256(new TextEncoder().encode(file))).slice(0, 32))
  let next = 1
  for await (const newest of ports.store.list(prefix)) {
    const last = parseNumberKey(newest)
    const body = await ports.store.get(newest)
    if (body !== undefined && parseFact.number(body).run === run) return last
    next = last + 1
    break
  }
  for (; ; next++) {
    const { body } = await ports.store.putIfAbsent(numberKey(prefix, next), factBody({ run }))
    if (parseFact.number(body).run === run) return next
  }
}

async function openRun({ ports, ledger }: Dispatcher, plan: Plan): Promise<void> {
  const known = await ledger.load(plan.run, 1)
  if (known?.closed === undefined) await ports.store.putIfAbsent(openKey(plan.run, 1), factBody({}))
  await ports.store.putIfAbsent(runsKey(plan.run, plan.createdAtMs), factBody({}))
}
