/** A run as plain lines, each prefixed by its job: for pipes, files and logs of other systems. A pure function of the run's events. */
import type { RunEvent } from '../shared/event.ts'
import { safeLine } from './ansi.ts'
import { durationText } from './duration.ts'
import { type LogLook, type LogPosition, logStart, readableLog } from './log.ts'
import { markOf } from './mark.ts'
import { jobOf, type RunView } from './view.ts'

/** Where each job's log stands; carried from event to event. */
export type LinePositions = ReadonlyMap<string, LogPosition>

/** The lines of one event. `view` already holds the event. */
export function linesOf(
  view: RunView,
  event: RunEvent,
  positions: LinePositions,
  look: LogLook,
): { readonly lines: readonly string[]; readonly positions: LinePositions } {
  switch (event.kind) {
    case 'run-started':
      return { lines: [look.paint('bold', titleOf(view))], positions }
    case 'job-event':
      return jobEventLines(view, event, positions, look)
    case 'job-state':
      return { lines: jobStateLines(view, event, look), positions }
    case 'run-ended':
      return { lines: [], positions }
  }
}

/** `name · event · run 17` */
export function titleOf(view: RunView): string {
  return safeLine(`${view.name} · ${view.event} · run ${view.run ?? '?'}`, false)
}

function jobEventLines(
  view: RunView,
  { job, event }: Extract<RunEvent, { kind: 'job-event' }>,
  positions: LinePositions,
  look: LogLook,
): { lines: readonly string[]; positions: LinePositions } {
  const prefix = prefixOf(view, job, look)
  switch (event.kind) {
    case 'log': {
      const { lines, after } = readableLog(event.text, positions.get(job) ?? logStart, look)
      return { lines: lines.map((line) => prefix + line), positions: new Map(positions).set(job, after) }
    }
    case 'step-ended': {
      const step = jobOf(view, job)?.steps.find(({ step }) => step === event.step)
      const time = durationText(step?.startedMs, event.atMs)
      const text = `${markOf(event.conclusion, true, look.paint)} ${safeLine(event.name, false)} ${look.paint('dim', time)}`
      return { lines: [prefix + text.trimEnd()], positions: new Map(positions).set(job, logStart) }
    }
    case 'step-started':
    case 'annotation':
    case 'summary':
      return { lines: [], positions }
  }
}

function jobStateLines(view: RunView, event: Extract<RunEvent, { kind: 'job-state' }>, look: LogLook): string[] {
  if (event.state !== 'done') return []
  const job = jobOf(view, event.job)
  const time = look.paint('dim', durationText(job?.startedMs, job?.endedMs))
  const text = `${markOf(event.conclusion, true, look.paint)} job ${event.conclusion ?? 'success'} ${time}`.trimEnd()
  const cause = event.cause === undefined ? '' : `: ${safeLine(event.cause.message, false)}`
  return [prefixOf(view, event.job, look) + text + cause]
}

function prefixOf(view: RunView, job: string, { paint }: LogLook): string {
  return `${paint('cyan', safeLine(jobOf(view, job)?.name ?? job, false))} ${paint('dim', '|')} `
}
