/** What is said at the end of a run: step summaries, annotations with their places, how the run ended. A pure function of what is known. */
import { type Paint, safeLine } from './ansi.ts'
import { durationText } from './duration.ts'
import { type LogLook, logStart, readableLog } from './log.ts'
import { markOf } from './mark.ts'
import type { JobView, RunView, StepView } from './view.ts'

/** Annotations shown of one run; the rest is counted. GitHub's own page shows 10 of each level and step. */
const ANNOTATIONS_SHOWN_MAX = 50

export function summaryOf(view: RunView, look: LogLook): string[] {
  return [...summaries(view, look), ...annotations(view, look.paint), endLine(view, look.paint)]
}

/** The log of a step that failed, under a title that names it. */
export function failedStep(job: JobView, step: StepView, look: LogLook): string[] {
  const title = `${markOf('failure', true, look.paint)} ${safeLine(`${job.name} › ${step.name}`, false)}`
  const { lines } = readableLog(step.log.chunks.join(''), logStart, look)
  const cut = step.log.cut ? [look.paint('dim', '  … older lines left out')] : []
  return [title, ...cut, ...lines.map((line) => `  ${line}`)]
}

function summaries(view: RunView, look: LogLook): string[] {
  return view.jobs
    .filter((job) => job.summaries.length > 0)
    .flatMap((job) => [
      look.paint('bold', `Summary of ${safeLine(job.name, false)}`),
      ...job.summaries
        .flatMap((markdown) => markdown.trimEnd().split('\n'))
        .map((line) => `  ${safeLine(line, look.colour)}`),
      '',
    ])
}

function annotations(view: RunView, paint: Paint): string[] {
  const all = view.jobs.flatMap((job) => job.annotations.map((annotation) => annotationLine(job, annotation, paint)))
  if (all.length === 0) return []
  const more = all.length - ANNOTATIONS_SHOWN_MAX
  const rest = more > 0 ? [paint('dim', `  … ${more} more`)] : []
  return [paint('bold', 'Annotations'), ...all.slice(0, ANNOTATIONS_SHOWN_MAX).map((line) => `  ${line}`), ...rest, '']
}

const LEVEL_STYLE = { error: 'red', warning: 'yellow', notice: 'blue' } as const

function annotationLine(job: JobView, annotation: JobView['annotations'][number], paint: Paint): string {
  const { level, file, line, column, title, message } = annotation
  const place = file === undefined ? '' : `${[file, line, column].filter((part) => part !== undefined).join(':')}: `
  const text = safeLine(`${place}${title === undefined ? '' : `${title}: `}${message.replaceAll('\n', ' ')}`, false)
  return `${paint(LEVEL_STYLE[level], level)} ${safeLine(job.name, false)}: ${text}`
}

function endLine(view: RunView, paint: Paint): string {
  const counts = new Map<string, number>()
  for (const job of view.jobs) {
    const word = job.conclusion ?? 'not ended'
    counts.set(word, (counts.get(word) ?? 0) + 1)
  }
  const jobs = [...counts].map(([word, count]) => `${count} ${word}`).join(', ')
  const conclusion = view.conclusion ?? 'end not known'
  const time = durationText(view.startedMs, view.endedMs)
  return `${markOf(view.conclusion, true, paint)} ${paint('bold', conclusion)} ${paint('dim', `${time} (${jobs})`.trim())}`
}
