/**
 * One step of a job: whether it runs, what it is called, how it ends. Rules and wording: semantics.md, sections 7 and 14; actions/runner
 * StepsRunner.cs, ActionRunner.cs.
 */
import {
  type Evaluated,
  evaluateBoolean,
  evaluateCondition,
  evaluateMapping,
  evaluateNumber,
  type Scope,
} from '../shared/expression.ts'
import type { Conclusion } from '../shared/run.ts'
import type { Cause } from '../shared/try.ts'
import type { Step } from '../shared/workflow.ts'
import { stepScope } from './job/context.ts'
import type { Interruption } from './job/entry.ts'
import type { JobRun } from './job/run.ts'
import { afterInterruption, afterStep, type JobState } from './job/state.ts'
import { checkout, prepareCheckout } from './step/checkout.ts'
import type { Variables } from './step/environment.ts'
import { evaluateInStep } from './step/evaluation.ts'
import { type HandedOn, handedOnByCommands, takeHandedOn } from './step/files.ts'
import { isOver } from './step/interruption.ts'
import { displayName } from './step/name.ts'
import { prepareScript } from './step/run.ts'
import { type ProcessResult, runProcess } from './step/running-process.ts'
import { interruptBefore } from './step/watch.ts'
import { openStepWriter, type StepWriter } from './step/writer.ts'

/** Runs the step with this number of the step list, or finds out that it is not to run; the job's state after it. */
export async function runStep(run: JobRun, step: Step, number: number, before: JobState): Promise<JobState> {
  const state = await interruptBefore(run, number, before)
  const turn: Turn = { run, step, number, state, masksBefore: run.masks.values().length }
  const prepared = await prepare(turn)
  switch (prepared.kind) {
    case 'skipped':
      return finish(turn, { name: prepared.name, outcome: 'skipped', atMs: state.atMs })
    case 'failed':
      return fail(turn, prepared)
    case 'ready':
      return step.kind === 'run' ? runScript(turn, step, prepared) : runUses(turn, step, prepared)
  }
}

/** A step at its turn. */
interface Turn {
  readonly run: JobRun
  readonly step: Step
  readonly number: number
  readonly state: JobState
  readonly masksBefore: number
}

type Prepared =
  | { readonly kind: 'skipped'; readonly name: string }
  | Failed
  | {
      readonly kind: 'ready'
      readonly name: string
      /** The step's `env` context. */
      readonly env: Variables
      readonly scope: Scope
      readonly timeoutMinutes: number | undefined
    }
type Ready = Extract<Prepared, { kind: 'ready' }>
/** Something of the step cannot be evaluated. */
interface Failed {
  readonly kind: 'failed'
  readonly name: string
  readonly message: string
  /** For `continue-on-error`, which counts only once a step runs. */
  readonly scope?: Scope
}

async function prepare(turn: Turn): Promise<Prepared> {
  const { run, step, number, state } = turn
  const outer = stepScope(run.facts, state, state.env, step.id)
  if (isOver(state.interruptions)) return { kind: 'skipped', name: await displayName(run, step, number, outer) }
  const own = await evaluateInStep(run, number, outer, (scope) => evaluateMapping(step.env, scope))
  if (!own.ok)
    return { kind: 'failed', name: await displayName(run, step, number, outer), message: sentence(turn, own) }
  const env = { ...state.env, ...Object.fromEntries(own.value) }
  const scope = stepScope(run.facts, state, env, step.id)
  const name = await displayName(run, step, number, scope)
  const condition = await evaluateInStep(run, number, scope, (withFiles) => evaluateCondition(step.if, withFiles))
  if (!condition.ok) return { kind: 'failed', name, message: sentence(turn, condition) }
  if (!condition.value) return { kind: 'skipped', name }
  const timeout = await evaluateInStep(run, number, scope, (withFiles) =>
    evaluateNumber(step.timeoutMinutes, withFiles),
  )
  if (!timeout.ok) return { kind: 'failed', name, message: sentence(turn, timeout), scope }
  const timeoutMinutes = timeout.value !== undefined && timeout.value > 0 ? timeout.value : undefined
  return { kind: 'ready', name, env, scope, timeoutMinutes }
}

/** Source: the wording of actions/runner for templates that cannot be evaluated. */
function sentence({ run, step }: Turn, error: Extract<Evaluated<unknown>, { ok: false }>): string {
  const [line, column] = error.at[0] > 0 ? error.at : step.at
  return `The template is not valid. ${run.facts.spec.file} (Line: ${line}, Col: ${column}): ${error.message}`
}

/** A step that never came to run: it says why and fails. */
async function fail(turn: Turn, failed: Failed): Promise<JobState> {
  const { run, number, state } = turn
  const writer = openStepWriter(run, number, state.env)
  run.outbox.say({ kind: 'step-started', step: number, name: failed.name, atMs: state.atMs })
  writer.annotate('error', failed.message, state.atMs)
  const { name, scope } = failed
  return finish(turn, { name, outcome: 'failure', atMs: state.atMs, writer, ...(scope === undefined ? {} : { scope }) })
}

async function runScript(turn: Turn, step: Extract<Step, { kind: 'run' }>, ready: Ready): Promise<JobState> {
  const { run, number, state } = turn
  const { name, env, scope } = ready
  const prepared = await prepareScript(run, step, number, state, env, scope)
  if (!prepared.ok) return fail(turn, { kind: 'failed', name, message: sentence(turn, prepared), scope })
  const result = await runProcess(run, {
    ...prepared.value,
    step: number,
    name,
    timeoutMinutes: ready.timeoutMinutes,
    outlivesCancel: () => outlivesCancel(turn, env),
    state,
  })
  const judged = judge(run, name, prepared.value.command.cwd, result)
  const after = result.interruptions.reduce(afterInterruption, state)
  return finish({ ...turn, state: after }, { name, scope, ...judged })
}

/** The step's `if`, asked again with the job cancelled. What cannot be evaluated then ends. */
async function outlivesCancel({ run, step, number, state }: Turn, env: Variables): Promise<boolean> {
  const scope = stepScope(run.facts, { ...state, status: 'cancelled' }, env, step.id)
  const condition = await evaluateInStep(run, number, scope, (withFiles) => evaluateCondition(step.if, withFiles))
  return condition.ok && condition.value
}

/** How the process ended, said in the log; its files are taken over whatever it was. */
function judge(run: JobRun, name: string, cwd: string, result: ProcessResult): Omit<Ended, 'name'> {
  const { end, writer, stoppedBy, atMs } = result
  if (end.kind === 'refused') {
    writer.annotate('error', end.code === 'no-directory' ? `${end.message}: ${cwd}` : end.message, atMs)
    const cause = end.code === 'launcher-gone' ? { cause: { code: end.code, message: end.message } } : {}
    return { outcome: 'failure', atMs, writer, handedOn: handedOnByCommands(writer), ...cause }
  }
  const { code, outOfMemory } = end.record
  const own = stoppedBy === undefined
  if (own && outOfMemory) writer.annotate('error', OUT_OF_MEMORY, end.record.endedMs)
  if (own && code !== 0) writer.annotate('error', `Process completed with exit code ${code}.`, end.record.endedMs)
  const handedOn = takeHandedOn(run, writer, end.record)
  if (stoppedBy !== undefined) {
    return { outcome: stopped(writer, name, stoppedBy, atMs), atMs, writer, handedOn }
  }
  const outcome = code === 0 && !handedOn.failed ? 'success' : 'failure'
  return { outcome, atMs, writer, handedOn, exitCode: code }
}

const OUT_OF_MEMORY = 'A process of this step was ended because the memory was used up.'

/** Source: actions/runner StepsRunner.RunStepAsync. */
function stopped(writer: StepWriter, name: string, by: Interruption, atMs: number): 'failure' | 'cancelled' {
  if (by.by === 'step-timeout') {
    writer.annotate('error', `The action '${name}' ${by.reason}`, atMs)
    return 'failure'
  }
  if (by.by !== 'cancel') writer.annotate('error', by.reason, atMs)
  writer.annotate('error', 'The operation was canceled.', atMs)
  return 'cancelled'
}

async function runUses(turn: Turn, step: Extract<Step, { kind: 'uses' }>, ready: Ready): Promise<JobState> {
  const { run, number } = turn
  const { name, env, scope } = ready
  const prepared = await prepareCheckout(run, step, number, env, scope)
  if (!prepared.ok) return fail(turn, { kind: 'failed', name, message: sentence(turn, prepared), scope })
  const startedMs = await begin(run, number)
  const writer = openStepWriter(run, number, env)
  run.outbox.say({ kind: 'step-started', step: number, name, atMs: startedMs })
  for (const line of prepared.value.header) writer.say(line, startedMs)
  const done = await checkout(run, number, prepared.value.path)
  for (const line of done.lines) writer.say(line, done.atMs)
  if (done.problem !== undefined) writer.annotate('error', done.problem, done.atMs)
  const handedOn: HandedOn = { env: {}, path: [], outputs: done.outputs, failed: false }
  const outcome = done.problem === undefined ? 'success' : 'failure'
  return finish(turn, { name, outcome, atMs: done.atMs, writer, scope, handedOn })
}

/** When the step began, as whoever began it wrote down. */
async function begin(run: JobRun, step: number): Promise<number> {
  const [known] = run.journal.past('begun', step)
  if (known !== undefined) return known.atMs
  const atMs = run.clock.nowMs()
  await run.journal.append({ kind: 'begun', step, atMs })
  return atMs
}

interface Ended {
  readonly name: string
  readonly outcome: Conclusion
  readonly atMs: number
  readonly writer?: StepWriter
  readonly scope?: Scope
  readonly handedOn?: HandedOn
  readonly exitCode?: number
  readonly cause?: Cause
}

const NOTHING: HandedOn = { env: {}, path: [], outputs: {}, failed: false }

async function finish(turn: Turn, ended: Ended): Promise<JobState> {
  const { run, step, number, state, masksBefore } = turn
  const { name, outcome, atMs } = ended
  const conclusion = await concluded(turn, ended)
  const exitCode = ended.exitCode === undefined ? {} : { exitCode: ended.exitCode }
  run.outbox.say({ kind: 'step-ended', step: number, name, outcome, conclusion, ...exitCode, atMs })
  await run.outbox.room()
  const { env, path, outputs } = ended.handedOn ?? NOTHING
  const result = {
    step: number,
    id: step.id,
    outcome,
    conclusion,
    outputs: { ...outputs },
    env: { ...env },
    path: [...path],
    masks: run.masks.values().slice(masksBefore),
    matchers: [...run.matchers.configs],
    atMs,
    position: run.outbox.position,
    ...(ended.cause === undefined ? {} : { cause: ended.cause }),
  }
  if (run.journal.finished(number) === undefined) run.journal.defer({ kind: 'finished', result })
  return afterStep(state, result)
}

/** `continue-on-error` is looked at only when a step that ran has failed. */
async function concluded(turn: Turn, { outcome, scope, writer, atMs }: Ended): Promise<Conclusion> {
  const { run, step, number } = turn
  if (outcome !== 'failure' || scope === undefined) return outcome
  const tolerated = await evaluateInStep(run, number, scope, (withFiles) =>
    evaluateBoolean(step.continueOnError, withFiles),
  )
  if (!tolerated.ok) writer?.annotate('error', sentence(turn, tolerated), atMs)
  return tolerated.ok && tolerated.value ? 'success' : outcome
}
