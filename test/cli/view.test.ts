import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { painter, widthOf } from '../../cli/ansi.ts'
import { type LinePositions, linesOf } from '../../cli/lines.ts'
import { failureOf } from '../../cli/presenter.ts'
import { summaryOf } from '../../cli/summary.ts'
import { finalTree, treeOf } from '../../cli/tree.ts'
import { emptyView, foldEvent, type RunView } from '../../cli/view.ts'
import type { JobEvent, RunEvent } from '../../shared/event.ts'

const plain = { colour: false, paint: painter(false) }

const stamp = '2026-01-02T03:04:05.1234567Z'

function jobEvent(job: string, event: JobEvent): RunEvent {
  return { kind: 'job-event', cursor: '', runAttempt: 1, job, event }
}

function state(
  job: string,
  to: 'started' | 'done',
  atMs: number,
  conclusion?: 'success' | 'failure' | 'skipped',
): RunEvent {
  return {
    kind: 'job-state',
    cursor: '',
    runAttempt: 1,
    job,
    name: job,
    state: to,
    atMs,
    ...(conclusion === undefined ? {} : { conclusion }),
  }
}

const failing: readonly RunEvent[] = [
  { kind: 'run-started', cursor: '', run: 7, workflow: 'ci.yml', name: 'CI', event: 'push', atMs: 0 },
  state('build', 'started', 100),
  jobEvent('build', { kind: 'step-started', step: 1, name: 'Set up job', atMs: 100 }),
  jobEvent('build', {
    kind: 'step-ended',
    step: 1,
    name: 'Set up job',
    outcome: 'success',
    conclusion: 'success',
    atMs: 200,
  }),
  jobEvent('build', { kind: 'step-started', step: 2, name: 'Compile', atMs: 200 }),
  jobEvent('build', {
    kind: 'log',
    step: 2,
    offset: 0,
    text: `${stamp} ##[group]Run make\n${stamp} make\n${stamp} ##[endgroup]\n${stamp} cc \u001b]0;evil\u0007main.c\n${stamp} ##[error]no ;\n`,
  }),
  jobEvent('build', {
    kind: 'annotation',
    step: 2,
    level: 'error',
    message: 'no ;',
    file: 'main.c',
    line: 3,
    column: 9,
  }),
  jobEvent('build', { kind: 'summary', step: 2, markdown: '### Size\n12 kB\n' }),
  jobEvent('build', {
    kind: 'step-ended',
    step: 2,
    name: 'Compile',
    outcome: 'failure',
    conclusion: 'failure',
    exitCode: 2,
    atMs: 1700,
  }),
  state('build', 'done', 1800, 'failure'),
  state('ship', 'done', 1800, 'skipped'),
  { kind: 'run-ended', cursor: '', run: 7, runAttempt: 1, conclusion: 'failure', atMs: 2000 },
]

function viewOf(events: readonly RunEvent[]): RunView {
  return events.reduce(foldEvent, emptyView)
}

function allLines(events: readonly RunEvent[]): string[] {
  let view = emptyView
  let positions: LinePositions = new Map()
  return events.flatMap((event) => {
    view = foldEvent(view, event)
    const shown = linesOf(view, event, positions, plain)
    positions = shown.positions
    return shown.lines
  })
}

test('plain lines are prefixed by their job, without time stamps, groups indented, escapes gone', () => {
  assert.deepEqual(allLines(failing), [
    'CI · push · run 7',
    'build | ✓ Set up job 0.1s',
    'build | ▾ Run make',
    'build |     make',
    'build | cc main.c',
    'build | Error: no ;',
    'build | ✗ Compile 1.5s',
    'build | ✗ job failure 1.7s',
    'ship | - job skipped',
  ])
})

test('the tree shows the steps of what runs, with the time so far', () => {
  const frame = { columns: 80, rows: 24, nowMs: 1300, paint: painter(false) }
  assert.deepEqual(treeOf([viewOf(failing.slice(0, 6))], frame), [
    '● CI · push · run 7 1.3s',
    '  ● build 1.2s',
    '    ✓ Set up job 0.1s',
    '    ● Compile 1.1s',
  ])
})

test('at the end the failed job shows its steps, and the summary has places, summaries and counts', () => {
  assert.deepEqual(finalTree(viewOf(failing), painter(false)), [
    '✗ CI · push · run 7 2.0s',
    '  ✗ build 1.7s',
    '    ✓ Set up job 0.1s',
    '    ✗ Compile 1.5s',
    '  - ship',
  ])
  assert.deepEqual(summaryOf(viewOf(failing), plain), [
    'Summary of build',
    '  ### Size',
    '  12 kB',
    '',
    'Annotations',
    '  error build: main.c:3:9: no ;',
    '',
    '✗ failure 2.0s (1 failure, 1 skipped)',
  ])
})

test('the log of a step is shown when it fails, and only then', () => {
  const shown = failing.flatMap((event, index) => failureOf(viewOf(failing.slice(0, index + 1)), event, plain))
  assert.deepEqual(shown, ['✗ build › Compile', '  ▾ Run make', '      make', '  cc main.c', '  Error: no ;'])
})

test('of an endless log the newest part is kept', () => {
  const text = `${stamp} ${'x'.repeat(60_000)}\n`
  const logs = Array.from({ length: 40 }, (_, index) =>
    jobEvent('build', { kind: 'log', step: 2, offset: index, text: text + index }),
  )
  const [step] = viewOf([...failing.slice(0, 2), ...logs]).jobs[0]?.steps ?? []
  assert.ok(step?.log.cut)
  assert.ok(step.log.characters < 600_000)
  assert.ok(step.log.chunks.at(-1)?.endsWith('39'))
})

test('a frame always fits its terminal', () => {
  const sizes = fc.record({
    columns: fc.integer({ min: 1, max: 60 }),
    rows: fc.integer({ min: 1, max: 30 }),
    jobs: fc.integer({ min: 0, max: 40 }),
    cut: fc.nat(40),
  })
  fc.assert(
    fc.property(sizes, ({ columns, rows, jobs, cut }) => {
      const events = Array.from({ length: jobs }, (_, index) => `job-${index}-${'長'.repeat(index)}`).flatMap(
        (job, index) => [
          state(job, 'started', index),
          jobEvent(job, { kind: 'step-started', step: 1, name: 'Set up job', atMs: index }),
          ...(index < cut ? [state(job, 'done', index + 5, 'success')] : []),
        ],
      )
      const lines = treeOf([viewOf(events)], { columns, rows, nowMs: 100, paint: painter(true) })
      assert.ok(lines.length <= Math.max(1, rows - 1))
      for (const line of lines) assert.ok(widthOf(line) <= Math.max(1, columns - 1), line)
    }),
  )
})

test('a rerun starts its job anew', () => {
  const again = { ...state('build', 'started', 5000), runAttempt: 2 } as RunEvent
  const job = viewOf([...failing, again]).jobs[0]
  assert.equal(job?.conclusion, undefined)
  assert.deepEqual(job?.steps, [])
})
