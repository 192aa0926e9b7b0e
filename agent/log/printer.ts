/** The last stage of a step's log: masks, stamps and counts, and hands large pieces to the sink. */

import { formatTimestamp } from '../timestamp.ts'
import { type Annotation, type AnnotationCounts, finishAnnotation, isKept, NO_ANNOTATIONS } from './annotation.ts'
import type { Masks } from './mask.ts'

/** Where finished text and annotations go. */
export interface LogSink {
  /** Whole stamped masked lines, `2026-01-02T03:04:05.1230000Z text\n` each. Called with large pieces: many lines at once. */
  text(text: string): void
  /** Masked, limited, repaired. Comes after the text of all lines before it. */
  annotation(annotation: Annotation): void
}

/** Masks and stamps lines, and counts annotations. */
export interface Printer {
  /** The time that lines are stamped with from now on. */
  setTime(atMs: number): void
  /** Any number of whole lines of the step's own, each with `\n`; not masked yet. */
  lines(text: string): void
  /** One line that is masked already, without its break. */
  masked(line: string): void
  /** The agent's own words; several lines are stamped each. Masked as one text, so that a secret with line breaks is found. */
  say(text: string): void
  /** As `say`, with `##[debug]` before each line; nothing unless debugging. */
  debug(text: string): void
  /** To the log as `##[level]message`, or with `line` in place of the message, and to the sink unless there were too many. */
  annotate(annotation: Annotation, line?: string): void
  /** Hands over what was gathered. */
  flush(): void
  readonly counts: AnnotationCounts
}

export function createPrinter(masks: Masks, sink: LogSink, debugging: boolean, before = NO_ANNOTATIONS): Printer {
  let counts = before
  let stamp = { atMs: Number.NaN, text: '' }
  let gathered = ''
  const put = (maskedLines: string): void => {
    if (maskedLines === '') return
    gathered += `${stamp.text}${maskedLines.slice(0, -1).replaceAll('\n', `\n${stamp.text}`)}\n`
  }
  const flush = (): void => {
    if (gathered !== '') sink.text(gathered)
    gathered = ''
  }
  const say = (text: string): void => put(`${masks.mask(text).replace(/\r\n?/g, '\n')}\n`)
  return {
    setTime: (atMs) => {
      if (atMs !== stamp.atMs) stamp = { atMs, text: `${formatTimestamp(atMs)} ` }
    },
    lines: (text) => put(masks.maskLines(text)),
    masked: (line) => put(`${line}\n`),
    say,
    debug: (text) => {
      if (!debugging) return
      for (const line of masks.mask(text).split(/\r\n?|\n/)) say(`##[debug]${line}`)
    },
    annotate: (annotation, line) => {
      const finished = finishAnnotation(annotation, masks.mask)
      const logged = line ?? finished.message
      if (logged !== '') say(`##[${annotation.level}]${logged}`)
      if (!isKept(counts, annotation.level)) return
      counts = { ...counts, [annotation.level]: counts[annotation.level] + 1 }
      flush()
      sink.annotation(finished)
    },
    flush,
    get counts() {
      return counts
    },
  }
}
