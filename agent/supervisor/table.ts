/**
 * The steps of the job, by key and by number. A step's row is written before the launcher hears of it, its end by atomic rename: whoever
 * reads after a death knows what was decided, and the launcher's files say what became of it.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openAppendFile } from './append-file.ts'
import { replaceFile } from './folder.ts'
import type { StepState } from './protocol.ts'

/** A step that was decided on; its number is its place in the table. */
export interface Row {
  readonly step: number
  readonly key: string
  readonly startedMs: number
  /** File command files, by variable. */
  readonly files: { readonly [variable: string]: string }
}

export type StepEnd = Exclude<StepState, { kind: 'running' }>

export interface Table {
  readonly rows: readonly Row[]
  add(row: Row): void
  /** Undefined: it has not ended, as far as is known. */
  end(step: number): StepEnd | undefined
  setEnd(step: number, end: StepEnd): void
  /** The step's file of output records. */
  records(step: number): string
}

export function openTable(state: string): Table {
  const rows: Row[] = []
  const file = openAppendFile(join(state, 'table'), (value) => rows.push(value as Row))
  const endPath = (step: number): string => join(state, `${step}.end`)
  return {
    rows,
    add(row) {
      file.append(row)
      rows.push(row)
    },
    end: (step) =>
      existsSync(endPath(step)) ? (JSON.parse(readFileSync(endPath(step), 'utf8')) as StepEnd) : undefined,
    setEnd: (step, end) => replaceFile(endPath(step), JSON.stringify(end)),
    records: (step) => join(state, `${step}.records`),
  }
}
