/** The beginning and the end of a job: "Set up job" and "Complete job", steps of their own with a log of their own. */
import { type Evaluated, evaluateMapping, evaluateText } from '../../shared/expression.ts'
import { JOB_OUTPUT_BYTES_MAX, JOB_OUTPUTS_BYTES_MAX } from '../../shared/limit.ts'
import { isMapping, type Template } from '../../shared/template.ts'
import { type JobFacts, jobScope } from '../job/context.ts'
import type { EntryOf } from '../job/entry.ts'
import type { JobRun, SetUp } from '../job/run.ts'
import type { JobState } from '../job/state.ts'
import type { Variables } from './environment.ts'
import { openStepWriter, type StepWriter } from './writer.ts'

/** Its number in the step list. */
export const SET_UP_STEP = 1
/** Of the first step, as GitHub shows it. */
export const SET_UP_NAME = 'Set up job'
const COMPLETE_NAME = 'Complete job'

/** The job's environment and defaults, each layer seeing those below. */
export function evaluateSetUp(facts: JobFacts, initial: JobState): SetUp {
  let env: Variables = {}
  for (const layer of facts.spec.env) {
    const own = evaluateMapping(layer, jobScope(facts, initial, env))
    if (!own.ok) return { ok: false, message: sentence(facts, own) }
    env = { ...env, ...Object.fromEntries(own.value) }
  }
  const defaults: { shell?: string; workingDirectory?: string } = {}
  for (const layer of facts.spec.defaults) {
    for (const key of ['shell', 'workingDirectory'] as const) {
      const value = defaultText(facts, initial, env, layer[key])
      if (!value.ok) return { ok: false, message: sentence(facts, value) }
      if (value.value !== '') defaults[key] = value.value
    }
  }
  return { ok: true, env, defaults }
}

function defaultText(facts: JobFacts, state: JobState, env: Variables, template: Template | undefined) {
  return evaluateText(template, jobScope(facts, state, env))
}

function sentence({ spec }: JobFacts, error: Extract<Evaluated<unknown>, { ok: false }>): string {
  const [line, column] = error.at
  return `The template is not valid. ${spec.file} (Line: ${line}, Col: ${column}): ${error.message}`
}

/** Says what the job runs on. The same whichever agent says it: all of it comes from the journal, the message and the runner. */
export function saySetUp(run: JobRun, job: EntryOf<'job'>, setUp: SetUp): void {
  const { facts, outbox } = run
  const atMs = job.startedMs
  outbox.say({ kind: 'step-started', step: SET_UP_STEP, name: SET_UP_NAME, atMs })
  const writer = openStepWriter(run, SET_UP_STEP, {})
  const lines = [
    `Current runner version: '${job.version}' (Longshore)`,
    '##[group]Runner',
    `Agent: ${job.agent}`,
    `Cluster: ${job.message.aud}`,
    `Labels: ${facts.spec.runsOn.join(', ')}`,
    `System: ${facts.runner.os} ${facts.runner.arch}`,
    `Workspace: ${facts.runner.paths.workspace}`,
    '##[endgroup]',
    `Secret source: ${Object.keys(facts.secrets).length === 0 ? 'None' : 'Actions'}`,
    `Complete job name: ${facts.spec.name}`,
  ]
  for (const line of lines) writer.say(line, atMs)
  if (!setUp.ok) writer.annotate('error', setUp.message, atMs)
  const outcome = setUp.ok ? 'success' : 'failure'
  outbox.say({ kind: 'step-ended', step: SET_UP_STEP, name: SET_UP_NAME, outcome, conclusion: outcome, atMs })
}

/** The job's outputs, and whether all of them could be evaluated. */
export interface Completion {
  readonly outputs: Variables
  readonly ok: boolean
}

/** Evaluates the job's outputs and says which are left out. Source: actions/runner JobRunner.cs, JobExtension.FinalizeJob. */
export function completeJob(run: JobRun, state: JobState): Completion {
  const { outbox, facts } = run
  const { atMs } = state
  const step = facts.spec.steps.length + 2
  outbox.say({ kind: 'step-started', step, name: COMPLETE_NAME, atMs })
  const writer = openStepWriter(run, step, {})
  const completion = evaluateOutputs(run, state, writer)
  const outcome = completion.ok ? 'success' : 'failure'
  writer.say('Cleaning up orphan processes', atMs)
  outbox.say({ kind: 'step-ended', step, name: COMPLETE_NAME, outcome, conclusion: outcome, atMs })
  return completion
}

function evaluateOutputs(run: JobRun, state: JobState, writer: StepWriter): Completion {
  const { outputs } = run.facts.spec
  if (outputs === undefined || !isMapping(outputs) || outputs.map.length === 0) return { outputs: {}, ok: true }
  writer.say('Evaluate and set job outputs', state.atMs)
  const evaluated = evaluateMapping(outputs, jobScope(run.facts, state, state.env))
  if (!evaluated.ok) {
    writer.annotate('error', sentence(run.facts, evaluated), state.atMs)
    return { outputs: {}, ok: false }
  }
  const entries = [...evaluated.value].filter(([, value]) => value !== '')
  const kept = entries.filter(([name, value]) => mayLeave(run, writer, state.atMs, name, value))
  const small = kept.filter(([name, value]) => fits(writer, state.atMs, name, value))
  const total = Buffer.byteLength(JSON.stringify(small))
  if (total > JOB_OUTPUTS_BYTES_MAX) {
    const message = `The outputs have ${total} bytes; all of a job's may have ${JOB_OUTPUTS_BYTES_MAX}.`
    writer.annotate('error', message, state.atMs)
    return { outputs: {}, ok: false }
  }
  for (const [name] of small) writer.say(`Set output '${name}'`, state.atMs)
  return { outputs: Object.fromEntries(small), ok: small.length === kept.length }
}

function mayLeave(run: JobRun, writer: StepWriter, atMs: number, name: string, value: string): boolean {
  if (!run.masks.contains(value)) return true
  writer.annotate('warning', `Skip output '${name}' since it may contain secret.`, atMs)
  return false
}

function fits(writer: StepWriter, atMs: number, name: string, value: string): boolean {
  const bytes = Buffer.byteLength(value)
  if (bytes <= JOB_OUTPUT_BYTES_MAX) return true
  writer.annotate('error', `Output '${name}' has ${bytes} bytes; an output may have ${JOB_OUTPUT_BYTES_MAX}.`, atMs)
  return false
}
