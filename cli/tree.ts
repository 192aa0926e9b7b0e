/** A run as a live tree of jobs and steps with their times: a pure function from what is known to the lines of one frame. */
import { cutTo, type Paint, safeLine } from './ansi.ts'
import { durationText } from './duration.ts'
import { titleOf } from './lines.ts'
import { markOf } from './mark.ts'
import type { JobView, RunView, StepView } from './view.ts'

/** The terminal a frame is drawn for. */
export interface Frame {
  readonly columns: number
  readonly rows: number
  readonly nowMs: number
  readonly paint: Paint
}

/** At most `rows - 1` lines, so that the frame can be drawn over itself; where not all fits, what runs is shown and the rest is counted. */
export function treeOf(views: readonly RunView[], frame: Frame): string[] {
  const room = Math.max(1, frame.rows - 1)
  const detailed = views.flatMap((view) => runLines(view, frame, 'steps'))
  const lines = detailed.length <= room ? detailed : views.flatMap((view) => runLines(view, frame, 'busy'))
  return fitted(lines, room, frame.paint).map((line) => cutTo(line, Math.max(1, frame.columns - 1)))
}

/** A run that is over, at whatever length: its jobs, and the steps of those that failed. */
export function finalTree(view: RunView, paint: Paint): string[] {
  const frame = { columns: Number.POSITIVE_INFINITY, rows: Number.POSITIVE_INFINITY, nowMs: view.endedMs ?? 0, paint }
  return [runLine(view, frame), ...view.jobs.flatMap((job) => jobLines(job, frame, job.conclusion === 'failure'))]
}

function runLines(view: RunView, frame: Frame, detail: 'steps' | 'busy'): string[] {
  const jobs =
    detail === 'steps' ? view.jobs : view.jobs.filter((job) => job.state !== 'done' && job.state !== 'waiting')
  const hidden = view.jobs.length - jobs.length
  const rest = hidden === 0 ? [] : [frame.paint('dim', `  … ${hidden} jobs done or waiting`)]
  return [runLine(view, frame), ...jobs.flatMap((job) => jobLines(job, frame, job.state === 'started')), ...rest]
}

function runLine(view: RunView, frame: Frame): string {
  const mark = markOf(view.conclusion, true, frame.paint)
  return timed(`${mark} ${frame.paint('bold', titleOf(view))}`, view.startedMs, view.endedMs, frame)
}

function jobLines(job: JobView, frame: Frame, withSteps: boolean): string[] {
  const mark = markOf(job.conclusion, job.state === 'started', frame.paint)
  const cause = job.cause === undefined ? '' : frame.paint('dim', ` ${safeLine(job.cause.message, false)}`)
  const head = timed(`  ${mark} ${safeLine(job.name, false)}${cause}`, job.startedMs, job.endedMs, frame)
  return [head, ...(withSteps ? job.steps.map((step) => stepLine(step, frame)) : [])]
}

function stepLine(step: StepView, frame: Frame): string {
  const mark = markOf(step.conclusion, step.startedMs !== undefined, frame.paint)
  return timed(`    ${mark} ${safeLine(step.name, false)}`, step.startedMs, step.endedMs, frame)
}

function timed(text: string, fromMs: number | undefined, toMs: number | undefined, frame: Frame): string {
  const time = fromMs === undefined ? '' : durationText(fromMs, toMs ?? frame.nowMs)
  return time === '' ? text : `${text} ${frame.paint('dim', time)}`
}

function fitted(lines: readonly string[], room: number, paint: Paint): readonly string[] {
  if (lines.length <= room) return lines
  return [...lines.slice(0, room - 1), paint('dim', `  … ${lines.length - room + 1} more lines`)]
}
