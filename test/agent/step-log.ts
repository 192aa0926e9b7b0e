/** A step log in a world of its own: what it is told, and what it says. */
import assert from 'node:assert/strict'
import type { Annotation } from '../../agent/log/annotation.ts'
import { createMasks } from '../../agent/log/mask.ts'
import { createMatchers } from '../../agent/log/matcher.ts'
import { createStepLog, type StepLog, type StepLogOptions } from '../../agent/log.ts'

export const AT_MS = Date.UTC(2026, 0, 2, 3, 4, 5, 678)
export const STAMP = '2026-01-02T03:04:05.6780000Z '

export interface Told {
  text: string
  annotations: Annotation[]
}

export function openLog(told: Told, options: Partial<StepLogOptions> = {}): StepLog {
  return createStepLog({
    masks: createMasks(),
    sink: {
      text: (text) => {
        told.text += text
      },
      annotation: (annotation) => told.annotations.push(annotation),
    },
    workspace: '/github/workspace',
    readFile: async () => undefined,
    debug: false,
    allowUnsecureCommands: false,
    allowUnsecureStopTokens: false,
    matchers: createMatchers(),
    ...options,
  })
}

export function write(log: StepLog, data: string | Uint8Array, stream: 'stdout' | 'stderr' = 'stdout'): Promise<void> {
  return log.write({ atMs: AT_MS, stream, bytes: Buffer.from(data), next: 0 })
}

/** What one step tells that prints `data` and ends: lines without their stamps. */
export async function run(data: string | readonly (string | Uint8Array)[], options: Partial<StepLogOptions> = {}) {
  const told: Told = { text: '', annotations: [] }
  const log = openLog(told, options)
  for (const read of typeof data === 'string' ? [data] : data) await write(log, read)
  await log.end(AT_MS)
  return { lines: linesOf(told.text), annotations: told.annotations, effects: log.effects, state: log.state() }
}

export function linesOf(text: string): readonly string[] {
  assert.ok(text === '' || text.endsWith('\n'))
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      assert.ok(line.startsWith(STAMP), line)
      return line.slice(STAMP.length)
    })
}

export const MATCHER = JSON.stringify({
  problemMatcher: [
    { owner: 'lint', pattern: [{ regexp: '^(.+):(\\d+): (\\w+): (.*)$', file: 1, line: 2, severity: 3, message: 4 }] },
  ],
})
