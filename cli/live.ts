/** The live tree on a terminal: each frame is drawn over the one before in one write, and what lasts is written above it. */
import { type Clock, pause } from '../shared/clock.ts'
import { widthOf } from './ansi.ts'
import { failureOf, lookOf, type Presenter } from './presenter.ts'
import type { Screen } from './screen.ts'
import { summaryOf } from './summary.ts'
import { finalTree, treeOf } from './tree.ts'
import type { RunView } from './view.ts'

/** Between two frames, in milliseconds: times move, and a flood of events costs a frame each and no more. */
const FRAME_MS = 100

const HIDE_CURSOR = '\u001b[?25l'
const SHOW_CURSOR = '\u001b[?25h'
/** The terminal shows a frame whole or not at all; those that do not know it ignore it. Source: the "synchronized output" terminal mode, 2026. */
const FRAME_BEGINS = '\u001b[?2026h'
const FRAME_ENDS = '\u001b[?2026l'
const CLEAR_BELOW = '\u001b[J'

/** Draws over its own lines; nobody else may write to the screen meanwhile. */
export interface LivePresenter extends Presenter {
  /** Gives the terminal back as it was, whatever else happens. Idempotent. */
  restore(): void
}

export function createLivePresenter(screen: Screen, clock: Clock): LivePresenter {
  const look = lookOf(screen)
  const views = new Map<number, RunView>()
  let frame: readonly string[] = []
  const over = new AbortController()

  const draw = (above: readonly string[]): void => {
    const next = over.signal.aborted
      ? []
      : treeOf([...views.values()], { ...screen.size(), nowMs: clock.nowMs(), paint: look.paint })
    const lines = [...above, ...next].map((line) => `${line}\n`).join('')
    screen.write(FRAME_BEGINS + backOver(frame, screen.size().columns) + CLEAR_BELOW + lines + FRAME_ENDS)
    frame = next
  }
  void redraw(clock, over.signal, () => draw([]))
  const restore = (): void => {
    over.abort()
    screen.write(SHOW_CURSOR)
  }
  screen.write(HIDE_CURSOR)
  return {
    show(run, view, event) {
      views.set(run, view)
      const failed = failureOf(view, event, look)
      if (failed.length > 0) draw(failed)
    },
    end() {
      over.abort()
      draw([...views.values()].flatMap((view) => [...finalTree(view, look.paint), '', ...summaryOf(view, look)]))
      restore()
    },
    restore,
  }
}

async function redraw(clock: Clock, signal: AbortSignal, draw: () => void): Promise<void> {
  while (!signal.aborted) {
    draw()
    await pause(clock, FRAME_MS, signal)
  }
}

/** To where a frame began. A terminal that became narrower has wrapped its lines: each takes as many rows as it needs now. */
function backOver(frame: readonly string[], columns: number): string {
  const rows = frame.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / Math.max(1, columns))), 0)
  return rows === 0 ? '' : `\u001b[${rows}A\r`
}
