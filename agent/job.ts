/**
 * One job from its first step to its end, as a replay over its journal: everything runs from the top, what was decided before is decided the
 * same, and what the dispatcher holds is not said again. So an agent that takes the job over goes on with the very step, to the same bytes.
 */
import type { Clock } from '../shared/clock.ts'
import { LongshoreError } from '../shared/error.ts'
import type { SourceRef } from '../shared/plan.ts'
import type { Cause } from '../shared/try.ts'
import type { Supervisor, TreeEntry } from './channel.ts'
import type { Dispatcher, HeldEvents, Ownership } from './dispatcher.ts'
import type { JobFacts } from './job/context.ts'
import type { Entry, EntryOf } from './job/entry.ts'
import type { Position } from './job/event-buffer.ts'
import { createJobJournal } from './job/journal.ts'
import { createOutbox, type Outbox } from './job/outbox.ts'
import { resumePoint } from './job/resume.ts'
import type { JobRun } from './job/run.ts'
import { initialState, type JobState } from './job/state.ts'
import { createMasks } from './log/mask.ts'
import { createMatchers } from './log/matcher.ts'
import { untilReached } from './retry.ts'
import { hiddenValues, type Secrets } from './secrets.ts'
import type { Variables } from './step/environment.ts'
import { deadline, isOver, jobInterruption } from './step/interruption.ts'
import { completeJob, evaluateSetUp, SET_UP_STEP, saySetUp } from './step/set-up.ts'
import { runStep } from './step.ts'
import { formatTimestamp } from './timestamp.ts'

/** A job in its pod, owned by this agent. */
export interface PlacedJob {
  readonly owner: Ownership
  readonly supervisor: Supervisor
  /** The whole journal; the job's own entry is its first. */
  readonly journal: readonly [EntryOf<'job'>, ...Entry[]]
  /** What the dispatcher holds of what was said. */
  readonly held: HeldEvents
  /** Aborted with the reason when somebody wants the job cancelled. */
  readonly asked: AbortController
  /** Aborted when this agent is to let go of the job. */
  readonly letGo: AbortSignal
}

export interface JobPorts {
  readonly dispatcher: Dispatcher
  readonly secrets: Secrets
  readonly clock: Clock
}

/** As the dispatcher is told. */
export interface JobEnd {
  readonly conclusion: 'success' | 'failure' | 'cancelled'
  readonly outputs: Variables
  readonly cause?: Cause
}

/**
 * Runs the job, or the rest of it, until everything said is held by the dispatcher. Rejects with `superseded` or the reason of `letGo`: then it is not
 * this agent's to end.
 */
export async function runJob(ports: JobPorts, job: PlacedJob): Promise<JobEnd> {
  const secrets = await untilReached(
    () => ports.secrets.resolve(job.journal[0].message, job.letGo),
    ports.clock,
    job.letGo,
  )
  const sending = new AbortController()
  const outbox = openOutbox(ports, job, AbortSignal.any([job.letGo, sending.signal]))
  const spoken = withOpenStep(outbox.outbox)
  try {
    return await runSteps(openRun(ports, job, secrets, spoken.outbox), job, outbox.from)
  } catch (error) {
    return await breakOff(spoken, error, job, ports.clock)
  } finally {
    sending.abort(new LongshoreError('over', 'never', 'the job is over'))
  }
}

function openOutbox({ dispatcher, clock }: JobPorts, job: PlacedJob, signal: AbortSignal) {
  const { from } = resumePoint(job.journal, job.held)
  const outbox = createOutbox({
    post: async (number, events, abort) => {
      const { cancel } = await dispatcher.events(job.owner, number, events, abort)
      if (cancel && !job.asked.signal.aborted) job.asked.abort('The run was cancelled.')
    },
    from,
    held: job.held,
    clock,
    signal,
  })
  return { outbox, from }
}

function openRun(ports: JobPorts, job: PlacedJob, secrets: Variables, outbox: Outbox): JobRun {
  const [first, ...past] = job.journal
  const { message, agent, startedMs } = first
  const repository = String(message.spec.contexts.github['repository'] ?? '')
  const facts: JobFacts = { spec: message.spec, runner: job.supervisor.facts, runnerName: agent, secrets }
  return {
    facts,
    defaults: {},
    supervisor: job.supervisor,
    journal: createJobJournal(job.supervisor, past),
    outbox,
    masks: createMasks(hiddenValues(secrets)),
    matchers: createMatchers(),
    clock: ports.clock,
    limit: {
      ...deadline(startedMs, message.spec.timeoutMinutes),
      cancelMinutes: message.spec.cancelTimeoutMinutes,
    },
    asked: job.asked.signal,
    letGo: job.letGo,
    bundle: (source: SourceRef) =>
      untilReached(() => ports.dispatcher.bundle(job.owner, repository, source, job.letGo), ports.clock, job.letGo),
  }
}

async function runSteps(run: JobRun, job: PlacedJob, from: Position): Promise<JobEnd> {
  const [first] = job.journal
  const initial = initialState(first.startedMs)
  const setUp = evaluateSetUp(run.facts, initial)
  const fresh = from.discrete === 0 && from.logBytes === 0
  if (fresh) {
    await run.supervisor.writeTree(run.facts.runner.paths.workflow, eventFile(run.facts))
    saySetUp(run, first, setUp)
  }
  if (!setUp.ok) {
    await run.outbox.flush()
    return {
      conclusion: 'failure',
      outputs: {},
      cause: { code: 'set-up-failed', message: run.masks.mask(setUp.message) },
    }
  }
  const known = resumePoint(job.journal, job.held)
  for (const mask of known.masks) run.masks.add(mask)
  run.matchers.restore(known.matchers)
  let state: JobState = known.stateAfter({ ...initial, env: setUp.env })
  const withDefaults: JobRun = { ...run, defaults: setUp.defaults }
  for (const [index, step] of run.facts.spec.steps.entries()) {
    const number = index + SET_UP_STEP + 1
    if (number >= known.nextStep) state = await runStep(withDefaults, step, number, state)
  }
  const completion = completeJob(run, state)
  await run.outbox.flush()
  return concluded(state, completion.ok, completion.outputs)
}

async function* eventFile(facts: JobFacts): AsyncGenerator<TreeEntry> {
  const text = JSON.stringify(facts.spec.contexts.github['event'] ?? {}, null, 2)
  yield { kind: 'file', path: 'event.json', mode: 0o644, bytes: Buffer.from(text) }
}

function concluded(state: JobState, completed: boolean, outputs: Variables): JobEnd {
  const conclusion = state.status === 'success' && !completed ? 'failure' : state.status
  const cause = causeOf(state)
  return { conclusion, outputs, ...(cause === undefined ? {} : { cause }) }
}

function causeOf(state: JobState): Cause | undefined {
  const ofStep = state.steps.find((step) => step.cause !== undefined)?.cause
  if (ofStep !== undefined) return ofStep
  const cancelled = jobInterruption(state.interruptions)
  if (cancelled === undefined) return undefined
  const by = isOver(state.interruptions) ? 'cancel-timeout' : cancelled.by
  return { code: by === 'cancel' ? 'cancelled' : by, message: cancelled.reason }
}

interface OpenStep {
  readonly step: number
  readonly name: string
}

/** An outbox that knows which step was started and has not ended. */
function withOpenStep(outbox: Outbox): { readonly outbox: Outbox; readonly open: () => OpenStep } {
  let open: OpenStep = { step: SET_UP_STEP, name: 'Set up job' }
  return {
    open: () => open,
    outbox: {
      get position() {
        return outbox.position
      },
      get catchingUp() {
        return outbox.catchingUp
      },
      say: (said) => {
        if (said.kind === 'step-started') open = { step: said.step, name: said.name }
        outbox.say(said)
      },
      room: outbox.room,
      flush: outbox.flush,
    },
  }
}

/** Another agent's job, or one this agent lets go of, is not its to end. Anything else ends here: what is not proved is a failure. */
function provable(error: unknown, letGo: AbortSignal): Cause {
  letGo.throwIfAborted()
  if (!(error instanceof LongshoreError))
    return {
      code: 'agent-failed',
      message: `The agent failed in an unforeseen way (${error instanceof Error ? error.name : 'unknown'}).`,
    }
  if (error.code === 'superseded') throw error
  return { code: error.code, message: error.message }
}

/** Causes after which nothing more can be said in order. */
const UNSAYABLE: ReadonlySet<string> = new Set(['replay-differs', 'conflict', 'refused', 'agent-failed'])

/** Ends a job whose end cannot be proved: as failure, with the cause where a user looks for it. */
async function breakOff(
  spoken: ReturnType<typeof withOpenStep>,
  error: unknown,
  job: PlacedJob,
  clock: Clock,
): Promise<JobEnd> {
  const cause = provable(error, job.letGo)
  const end: JobEnd = { conclusion: 'failure', outputs: {}, cause }
  if (UNSAYABLE.has(cause.code)) return end
  const { step, name } = spoken.open()
  const atMs = clock.nowMs()
  spoken.outbox.say({ kind: 'log', step, text: `${formatTimestamp(atMs)} ##[error]${cause.message}\n` })
  spoken.outbox.say({ kind: 'annotation', step, level: 'error', message: cause.message })
  spoken.outbox.say({ kind: 'step-ended', step, name, outcome: 'failure', conclusion: 'failure', atMs })
  await spoken.outbox.flush()
  return end
}
