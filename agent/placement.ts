/** A claimed job gets its pod; it is placed once the pod's supervisor holds the job's message. */
import { LongshoreError } from '../shared/error.ts'
import { POD_GRACE_MS } from '../shared/limit.ts'
import type { JobMessage } from '../shared/message.ts'
import type { Cause } from '../shared/try.ts'
import type { ActiveJob } from './active.ts'
import type { Pod } from './backend.ts'
import type { Supervisor } from './channel.ts'
import type { HeldEvents } from './dispatcher.ts'
import { type Entry, type EntryOf, parseJournal } from './job/entry.ts'
import { NOTHING_HELD } from './job/event-buffer.ts'
import type { AgentPorts } from './ports.ts'
import { VERSION } from './version.ts'

/** A job's journal: its own entry, then what was decided. */
export type PlacedJournal = readonly [EntryOf<'job'>, ...Entry[]]

/** What became of a claimed job. */
export type Placement =
  | {
      readonly kind: 'placed'
      readonly pod: Pod
      readonly supervisor: Supervisor
      readonly journal: PlacedJournal
      readonly held: HeldEvents
    }
  /** It can never be placed: it ends as failure. */
  | { readonly kind: 'impossible'; readonly pod: Pod | undefined; readonly cause: Cause }
  /** Not by this agent, or not now: its message comes back. */
  | { readonly kind: 'left' }

export async function placeJob(ports: AgentPorts, job: ActiveJob, message: JobMessage): Promise<Placement> {
  const { ref, epoch } = job.owner
  const request = { ref, issuer: message.iss, epoch, runsOn: message.spec.runsOn, graceMs: POD_GRACE_MS }
  let pod: Pod | undefined
  try {
    pod = await ports.backend.create(request, job.letGo.signal)
    const supervisor = await ports.backend.connect(pod, job.letGo.signal)
    const journal = await openJournal(ports, supervisor, message)
    return { kind: 'placed', pod, supervisor, journal, held: NOTHING_HELD }
  } catch (error) {
    if (!(error instanceof LongshoreError) || job.letGo.signal.aborted) throw error
    ports.log.write('warning', 'not-placed', { run: ref.run, job: ref.job, code: error.code, message: error.message })
    if (error.retry === 'later' || error.code === 'superseded') return { kind: 'left' }
    return { kind: 'impossible', pod, cause: { code: error.code, message: error.message } }
  }
}

/** An agent that died before it could say so may have placed it: then it goes on under that entry. */
async function openJournal(ports: AgentPorts, supervisor: Supervisor, message: JobMessage): Promise<PlacedJournal> {
  const known = placedJournal(parseJournal(await supervisor.journal()))
  if (known !== undefined) return known
  const entry: EntryOf<'job'> = {
    kind: 'job',
    message,
    startedMs: ports.clock.nowMs(),
    agent: ports.id,
    version: VERSION,
  }
  await supervisor.append({ ...entry })
  return [entry]
}

/** Undefined where the job was never placed. */
export function placedJournal(entries: readonly Entry[]): PlacedJournal | undefined {
  const [first, ...rest] = entries
  return first?.kind === 'job' ? [first, ...rest] : undefined
}
