/** What a step's log holds while it is open. Mutable: millions of lines pass here; LogState is its immutable form. */

import type { Assembly } from './assembly.ts'
import type { Effects } from './effect.ts'
import type { Masks } from './mask.ts'
import type { MatcherRun, Matchers } from './matcher.ts'
import type { Printer } from './printer.ts'
import type { Rules } from './verdict.ts'

/** A step's log while it is written. */
export interface OpenLog {
  readonly masks: Masks
  readonly matchers: Matchers
  readonly rules: Omit<Rules, 'echo'>
  readFile(path: string): Promise<string | undefined>
  readonly printer: Printer
  readonly effects: Effects
  readonly streams: { readonly stdout: Assembly; readonly stderr: Assembly }
  echo: boolean
  stopToken: string | undefined
  /** A value could not be masked: the step's output is read no more. */
  withheld: boolean
  runs: readonly MatcherRun[]
  /** Characters held against matchers since other jobs last had a turn, times the characters of their patterns. */
  matchWork: number
}
