/** A step's process from its start to its exit record: its output goes into the log, and it is watched for what interrupts it. */
import { CHECKPOINT_BYTES } from '../../shared/limit.ts'
import type { EntryOf } from '../job/entry.ts'
import type { JobRun } from '../job/run.ts'
import type { JobState } from '../job/state.ts'
import type { StartCommand, StepState } from '../supervisor/protocol.ts'
import { deadline } from './interruption.ts'
import { type WatchResult, watchStep } from './watch.ts'
import { openStepWriter, type StepWriter } from './writer.ts'

/** A process to run or, where it was started before, to follow. */
export interface ProcessRequest {
  readonly command: StartCommand
  readonly step: number
  /** The step's display name, masked. */
  readonly name: string
  /** Lines of the log before the output. */
  readonly header: readonly string[]
  /** The step's own `timeout-minutes`. */
  readonly timeoutMinutes: number | undefined
  /** Whether the step goes on in a cancelled job. */
  readonly outlivesCancel: () => Promise<boolean>
  readonly state: JobState
}

/** How it ended, and the writer of its log. */
export interface ProcessResult extends WatchResult {
  readonly end: Exclude<StepState, { kind: 'running' }>
  readonly writer: StepWriter
  /** Of the last thing that happened. */
  readonly atMs: number
}

/** Starts the process unless that was done before, and follows it to its end. */
export async function runProcess(run: JobRun, request: ProcessRequest): Promise<ProcessResult> {
  const { command, step, state } = request
  const begun = await run.journal.start(command, step, run.clock.nowMs())
  const startedMs = startOf(begun)
  const checkpoint = usableCheckpoint(run, step)
  const masksBefore = run.masks.values().length
  const writer = openStepWriter(run, step, command.env, checkpoint)
  if (checkpoint === undefined) {
    run.outbox.say({ kind: 'step-started', step, name: request.name, atMs: startedMs })
    for (const line of request.header) writer.say(line, startedMs)
  }
  if (begun.kind === 'refused') return { end: begun, writer, atMs: startedMs, interruptions: [], stoppedBy: undefined }
  const over = new AbortController()
  const limits = stepLimits(run, request, startedMs)
  const watching = watchStep(
    { run, step, key: command.key, limits, before: state.interruptions, outlivesCancel: request.outlivesCancel },
    over.signal,
    begun.kind === 'running',
  )
  const following = follow(run, writer, command.key, checkpoint?.record ?? 0, masksBefore).finally(() => over.abort())
  const [watched, followed] = await Promise.allSettled([watching, following])
  if (followed.status === 'rejected') throw followed.reason
  if (watched.status === 'rejected') throw watched.reason
  const end = followed.value
  const endedMs = end.kind === 'exited' ? end.record.endedMs : end.atMs
  const atMs = Math.max(endedMs, ...watched.value.interruptions.map((entry) => entry.atMs))
  await writer.end(endedMs)
  return { end, writer, atMs, ...watched.value }
}

function startOf(state: StepState): number {
  switch (state.kind) {
    case 'running':
      return state.startedMs
    case 'exited':
      return state.record.startedMs
    case 'refused':
      return state.atMs
  }
}

function stepLimits(run: JobRun, request: ProcessRequest, startedMs: number) {
  const { timeoutMinutes } = request
  return timeoutMinutes === undefined
    ? { job: run.limit }
    : { job: run.limit, step: deadline(startedMs, timeoutMinutes) }
}

/** The checkpoint the job goes on from: the outbox stands exactly there. */
function usableCheckpoint(run: JobRun, step: number): EntryOf<'checkpoint'> | undefined {
  const { discrete, logBytes } = run.outbox.position
  return run.journal
    .past('checkpoint', step)
    .find(({ position }) => position.discrete === discrete && position.logBytes === logBytes)
}

async function follow(
  run: JobRun,
  writer: StepWriter,
  key: string,
  from: number,
  masksBefore: number,
): Promise<ProcessResult['end']> {
  let checkpointed = from
  // Asked for along with the output: its answer is there when the output ends.
  const ended = run.supervisor.ended(key)
  ended.catch(() => undefined)
  for await (const records of run.supervisor.output(key, from)) {
    for (const record of records) {
      await writer.write(record)
      await run.outbox.room()
    }
    const next = records.at(-1)?.next ?? checkpointed
    if (next - checkpointed < CHECKPOINT_BYTES) continue
    checkpointed = next
    await run.journal.append({
      kind: 'checkpoint',
      step: writer.step,
      record: next,
      log: writer.state(),
      masks: run.masks.values().slice(masksBefore),
      files: writer.filesRead,
      position: run.outbox.position,
    })
  }
  return await ended
}
