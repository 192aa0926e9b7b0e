/** How the runs that are followed are shown. One per command; `show` is called with every event, `end` once. */
import type { RunEvent } from '../shared/event.ts'
import { painter } from './ansi.ts'
import { type LinePositions, linesOf } from './lines.ts'
import type { LogLook } from './log.ts'
import { type Screen, writeLines } from './screen.ts'
import { failedStep, summaryOf } from './summary.ts'
import { finalTree } from './tree.ts'
import { jobOf, type RunView } from './view.ts'

/** How a run is shown while it goes on and at its end. */
export interface Presenter {
  /** `view` already holds the event. */
  show(run: number, view: RunView, event: RunEvent): void
  /** The last word: the summary. Nothing may be shown after it. Also where a run's end never came. */
  end(): void
}

/** As the screen can show it. */
export function lookOf(screen: Screen): LogLook {
  return { colour: screen.colour, paint: painter(screen.colour) }
}

/** The events and nothing else, a JSON object a line. */
export function createJsonPresenter(screen: Screen): Presenter {
  return {
    show: (_run, _view, event) => screen.write(`${JSON.stringify(event)}\n`),
    end: () => undefined,
  }
}

/** Every line as it comes, prefixed by its job. */
export function createLinesPresenter(screen: Screen): Presenter {
  const look = lookOf(screen)
  const views = new Map<number, RunView>()
  const positions = new Map<number, LinePositions>()
  return {
    show(run, view, event) {
      views.set(run, view)
      const shown = linesOf(view, event, positions.get(run) ?? new Map(), look)
      positions.set(run, shown.positions)
      writeLines(screen, shown.lines)
    },
    end() {
      for (const view of views.values()) writeLines(screen, ['', ...summaryOf(view, look)])
    },
  }
}

/** Only the logs of steps that fail, and the end. */
export function createQuietPresenter(screen: Screen): Presenter {
  const look = lookOf(screen)
  const views = new Map<number, RunView>()
  return {
    show(run, view, event) {
      views.set(run, view)
      writeLines(screen, failureOf(view, event, look))
    },
    end() {
      for (const view of views.values()) writeLines(screen, [...finalTree(view, look.paint), ...summaryOf(view, look)])
    },
  }
}

/** The log of the step that this event ends as failed; nothing for any other event. */
export function failureOf(view: RunView, event: RunEvent, look: LogLook): string[] {
  if (event.kind !== 'job-event' || event.event.kind !== 'step-ended' || event.event.outcome !== 'failure') return []
  const { step: number } = event.event
  const job = jobOf(view, event.job)
  const step = job?.steps.find(({ step }) => step === number)
  return job === undefined || step === undefined ? [] : failedStep(job, step, look)
}
