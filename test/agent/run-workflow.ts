/** Runs a workflow's first job for real: backend `processes`, the whole engine, a dispatcher in memory. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { EntryOf } from '../../agent/job/entry.ts'
import { NOTHING_HELD } from '../../agent/job/event-buffer.ts'
import { runJob } from '../../agent/job.ts'
import { createProcessesBackend, type ProcessesBackend } from '../../agent/processes.ts'
import { staticSecrets } from '../../agent/secrets.ts'
import type { Clock } from '../../shared/clock.ts'
import type { JobEvent } from '../../shared/event.ts'
import { createFakeDispatcher } from './fake-dispatcher.ts'
import { jobMessage, type MessageOptions } from './job-message.ts'

export interface RunOptions extends MessageOptions {
  readonly secrets?: { readonly [name: string]: string }
  /** Gzipped tars by their hash. */
  readonly bundles?: ReadonlyMap<string, Uint8Array>
  /** Cancels the run as soon as the log has this text. */
  readonly cancelAt?: string
  readonly hostEnv?: { readonly [name: string]: string }
}

export interface StepOutcome {
  readonly name: string
  readonly outcome: string
  readonly conclusion: string
  /** Its log without the times. */
  readonly log: string
}

export interface RunResult {
  readonly conclusion: 'success' | 'failure' | 'cancelled'
  readonly cause?: { readonly code: string; readonly message: string }
  readonly outputs: { readonly [name: string]: string }
  /** All of them, "Set up job" and "Complete job" too. */
  readonly steps: readonly StepOutcome[]
  /** The whole log without the times. */
  readonly log: string
  readonly annotations: readonly Extract<JobEvent, { kind: 'annotation' }>[]
  readonly summaries: readonly string[]
  readonly events: readonly JobEvent[]
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  sleep: async (ms, signal) => {
    await setTimeout(ms, undefined, signal === undefined ? {} : { signal })
  },
}

const SUPERVISOR = new URL('../../agent/supervisor/main.ts', import.meta.url)

/** A world of its own for one run; nothing of it is left. */
export async function runWorkflow(text: string, options: RunOptions = {}): Promise<RunResult> {
  const folder = await mkdtemp(join(tmpdir(), 'longshore-test-'))
  const backend = await createProcessesBackend({
    folder,
    agent: 'agent-1',
    supervisorPath: SUPERVISOR,
    hostEnv: options.hostEnv ?? { PATH: process.env['PATH'], HOME: folder },
    clock: systemClock,
  })
  try {
    return await runOn(backend, text, options)
  } finally {
    await backend.close()
    await rm(folder, { recursive: true, force: true })
  }
}

async function runOn(backend: ProcessesBackend, text: string, options: RunOptions): Promise<RunResult> {
  const { secrets = {}, bundles = new Map(), cancelAt, hostEnv: _, ...trigger } = options
  const message = jobMessage(text, trigger)
  const { run, runAttempt, job, try: number } = message
  const ref = { run, runAttempt, job, try: number }
  const dispatcher = createFakeDispatcher(bundles)
  const never = new AbortController()
  const claim = await dispatcher.claim(ref, 0, never.signal)
  if (claim.kind !== 'yours') throw new Error('the job is claimed')
  const owner = { ref, epoch: claim.epoch, token: claim.token }
  const pod = await backend.create(
    { ref, issuer: 'test', epoch: 1, runsOn: message.spec.runsOn, graceMs: 60_000 },
    never.signal,
  )
  const supervisor = await backend.connect(pod, never.signal)
  const first: EntryOf<'job'> = { kind: 'job', message, startedMs: Date.now(), agent: 'agent-1', version: '0.1.0' }
  await supervisor.append({ ...first })
  await dispatcher.started(owner, never.signal)
  const asked = new AbortController()
  const events: JobEvent[] = []
  const watching = {
    ...dispatcher.seenBy(async () => undefined),
    events: async (...args: Parameters<typeof dispatcher.events>) => {
      const answer = await dispatcher.events(...args)
      if (cancelAt !== undefined && logOf(dispatcher.jobs.values().next().value?.events ?? []).includes(cancelAt)) {
        asked.abort('The run was cancelled.')
      }
      return answer
    },
  }
  const end = await runJob(
    { dispatcher: watching, secrets: staticSecrets(secrets), clock: systemClock },
    { owner, supervisor, journal: [first], held: NOTHING_HELD, asked, letGo: never.signal },
  )
  await dispatcher.ended(owner, end, never.signal)
  await backend.remove(pod)
  events.push(...(dispatcher.jobs.values().next().value?.events ?? []))
  return { ...end, ...describe(events) }
}

/** The text of a log, without the times. */
export function logOf(events: readonly JobEvent[], step?: number): string {
  const texts = events.flatMap((event) =>
    event.kind === 'log' && (step === undefined || event.step === step) ? [event.text] : [],
  )
  return texts.join('').replaceAll(/^\S+Z /gm, '')
}

function describe(events: readonly JobEvent[]): Omit<RunResult, 'conclusion' | 'cause' | 'outputs'> {
  return {
    steps: events.flatMap((event) =>
      event.kind === 'step-ended'
        ? [{ name: event.name, outcome: event.outcome, conclusion: event.conclusion, log: logOf(events, event.step) }]
        : [],
    ),
    log: logOf(events),
    annotations: events.filter((event) => event.kind === 'annotation'),
    summaries: events.flatMap((event) => (event.kind === 'summary' ? [event.markdown] : [])),
    events,
  }
}
