import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLivePresenter } from '../../cli/live.ts'
import type { Screen } from '../../cli/screen.ts'
import { emptyView, foldEvent } from '../../cli/view.ts'
import type { Clock } from '../../shared/clock.ts'
import type { RunEvent } from '../../shared/event.ts'

/** A terminal that keeps what is on it: text, line feeds, cursor up, clear below; refuses whatever else would move the cursor. */
class Terminal implements Screen {
  readonly isTerminal = true
  readonly colour = false
  columns = 40
  cursorShown = true
  writes = 0
  #lines: string[] = ['']
  #row = 0

  size() {
    return { columns: this.columns, rows: 10 }
  }

  write(text: string): void {
    this.writes += 1
    for (const [part] of text.matchAll(/\u001b\[\??[0-9]*[A-Za-z]|\r|\n|[^\u001b\r\n]+/g)) this.#apply(part)
  }

  /** What can be read, without the empty rest. */
  get text(): string {
    return this.#lines.join('\n').trimEnd()
  }

  #apply(part: string): void {
    const up = /^\u001b\[(\d+)A$/.exec(part)?.[1]
    if (up !== undefined) this.#row = Math.max(0, this.#row - Number(up))
    else if (part === '\n') this.#feed()
    else if (part === '\u001b[J') this.#lines = [...this.#lines.slice(0, this.#row), '']
    else if (part === '\u001b[?25l') this.cursorShown = false
    else if (part === '\u001b[?25h') this.cursorShown = true
    else if (part !== '\r' && !part.startsWith('\u001b[?2026')) this.#print(part)
  }

  #feed(): void {
    this.#row += 1
    if (this.#row === this.#lines.length) this.#lines.push('')
  }

  #print(part: string): void {
    assert.ok(!part.startsWith('\u001b'), `unexpected ${JSON.stringify(part)}`)
    assert.ok(part.length < this.columns, `it wraps: ${part}`)
    this.#lines[this.#row] = part
  }
}

/** Time that stands until it is told to pass. */
class StillClock implements Clock {
  #now = 0
  readonly #sleepers = new Set<() => void>()

  nowMs(): number {
    return this.#now
  }

  sleep(_ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.#sleepers.add(resolve)
      signal?.addEventListener('abort', () => resolve(), { once: true })
    })
  }

  async pass(ms: number): Promise<void> {
    this.#now += ms
    for (const wake of this.#sleepers) wake()
    await new Promise(setImmediate)
  }
}

const base = { cursor: '', runAttempt: 1, job: 'build' } as const
const events: readonly RunEvent[] = [
  { kind: 'run-started', cursor: '', run: 7, workflow: 'ci.yml', name: 'CI', event: 'push', atMs: 0 },
  { ...base, kind: 'job-state', name: 'build', state: 'started', atMs: 0 },
  { ...base, kind: 'job-event', event: { kind: 'step-started', step: 2, name: 'Compile', atMs: 0 } },
  {
    ...base,
    kind: 'job-event',
    event: { kind: 'log', step: 2, offset: 0, text: '2026-01-02T03:04:05.1234567Z no ;\n' },
  },
  {
    ...base,
    kind: 'job-event',
    event: { kind: 'step-ended', step: 2, name: 'Compile', outcome: 'failure', conclusion: 'failure', atMs: 1000 },
  },
  { ...base, kind: 'job-state', name: 'build', state: 'done', conclusion: 'failure', atMs: 1000 },
  { kind: 'run-ended', cursor: '', run: 7, runAttempt: 1, conclusion: 'failure', atMs: 1000 },
]

function play() {
  const terminal = new Terminal()
  const clock = new StillClock()
  const presenter = createLivePresenter(terminal, clock)
  let view = emptyView
  const show = (event: RunEvent | undefined): void => {
    if (event === undefined) return
    view = foldEvent(view, event)
    presenter.show(7, view, event)
  }
  return { terminal, clock, presenter, show }
}

test('the tree is drawn over itself as time passes', async () => {
  const { terminal, clock, show } = play()
  for (const event of events.slice(0, 3)) show(event)
  await clock.pass(100)
  assert.equal(terminal.text, '● CI · push · run 7 0.1s\n  ● build 0.1s\n    ● Compile 0.1s')
  assert.equal(terminal.cursorShown, false)
  await clock.pass(2_000)
  assert.equal(terminal.text, '● CI · push · run 7 2.1s\n  ● build 2.1s\n    ● Compile 2.1s')
})

test('a flood of events costs no more than a frame', async () => {
  const { terminal, clock, show } = play()
  for (const event of events.slice(0, 3)) show(event)
  await clock.pass(100)
  const before = terminal.writes
  for (let count = 0; count < 1_000; count++) show(events[3])
  await clock.pass(100)
  assert.ok(terminal.writes - before <= 2)
})

test('the log of what failed stays above the tree, and the end leaves tree, summary and cursor', async () => {
  const { terminal, clock, presenter, show } = play()
  for (const event of events.slice(0, 5)) show(event)
  await clock.pass(1_000)
  assert.match(terminal.text, /^✗ build › Compile\n {2}no ;\n● CI/)
  for (const event of events.slice(5)) show(event)
  presenter.end()
  assert.equal(
    terminal.text,
    '✗ build › Compile\n  no ;\n✗ CI · push · run 7 1.0s\n  ✗ build 1.0s\n    ✗ Compile 1.0s\n\n✗ failure 1.0s (1 failure)',
  )
  assert.equal(terminal.cursorShown, true)
  const { writes } = terminal
  await clock.pass(1_000)
  assert.equal(terminal.writes, writes)
})
