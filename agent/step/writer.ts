/** A step's log as the job writes it: into the outbox, with what it reads from the pod journaled. */
import { LongshoreError } from '../../shared/error.ts'
import { MATCHER_FILE_BYTES_MAX } from '../../shared/limit.ts'
import { isDebug } from '../job/context.ts'
import type { EntryOf } from '../job/entry.ts'
import type { JobRun } from '../job/run.ts'
import { createStepLog, type StepLog } from '../log.ts'
import type { Variables } from './environment.ts'

/** A step's log on its way into the job's events. */
export interface StepWriter extends StepLog {
  readonly step: number
  /** Matcher files read so far. */
  readonly filesRead: number
}

/** Opens the log of a step, or goes on with it at a checkpoint. `env` is what the step's process sees. */
export function openStepWriter(
  run: JobRun,
  step: number,
  env: Variables,
  checkpoint?: EntryOf<'checkpoint'>,
): StepWriter {
  const { outbox } = run
  for (const value of checkpoint?.masks ?? []) run.masks.add(value)
  const files = createFileReader(run, step, checkpoint?.files ?? 0)
  const log = createStepLog({
    masks: run.masks,
    matchers: run.matchers,
    sink: {
      text: (text) => outbox.say({ kind: 'log', step, text }),
      annotation: (annotation) => outbox.say({ kind: 'annotation', step, ...annotation }),
    },
    workspace: run.facts.runner.paths.workspace,
    readFile: files.read,
    debug: isDebug(run.facts),
    allowUnsecureCommands: isTrue(env['ACTIONS_ALLOW_UNSECURE_COMMANDS']),
    allowUnsecureStopTokens: isTrue(env['ACTIONS_ALLOW_UNSECURE_STOPCOMMAND_TOKENS']),
    ...(checkpoint === undefined ? {} : { resume: checkpoint.log }),
  })
  return {
    write: log.write,
    end: log.end,
    say: log.say,
    annotate: log.annotate,
    state: log.state,
    effects: log.effects,
    step,
    get filesRead() {
      return files.count
    },
  }
}

function isTrue(text: string | undefined): boolean {
  return text?.toLowerCase() === 'true'
}

interface FileReader {
  readonly count: number
  read(path: string): Promise<string | undefined>
}

/** A matcher file may change under the step that names it: a replay sees what was seen first. */
function createFileReader(run: JobRun, step: number, already: number): FileReader {
  const past = run.journal.past('file', step)
  let count = already
  return {
    get count() {
      return count
    },
    read: async (path) => {
      const known = past[count]
      count += 1
      if (known !== undefined) return known.text ?? undefined
      const text = await readText(run, path)
      await run.journal.append({ kind: 'file', step, text: text ?? null })
      return text
    },
  }
}

/** Undefined also for a file that is too large to be one. */
async function readText(run: JobRun, path: string): Promise<string | undefined> {
  try {
    const bytes = await run.supervisor.readFile(path, MATCHER_FILE_BYTES_MAX)
    return bytes === undefined ? undefined : Buffer.from(bytes).toString()
  } catch (error) {
    if (!(error instanceof LongshoreError) || error.code === 'superseded' || error.code === 'pod-gone') throw error
    return undefined
  }
}
