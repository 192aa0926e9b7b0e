/**
 * The steps of the job, by key and by number. A step's row is written before the launcher hears of it, its end as a line of its own, whole or not
 * at all: whoever reads after a death knows what was decided, and the launcher's files say what became of it.
 */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { openAppendFile } from './append-file.ts'
import type { StepState } from './protocol.ts'

/** A step that was decided on; its number is its place in the table. */
export interface Row {
  readonly step: number
  readonly key: string
  readonly startedMs: number
  /** File command files, by variable. */
  readonly files: { readonly [variable: string]: string }
  readonly records: RecordsPlace
}

/** Where a step's records stand. Steps that run one after the other share a file, for a new one costs milliseconds on some disks. */
export interface RecordsPlace {
  readonly file: string
  /** Byte of the file where the step's position 0 is. */
  readonly base: number
}

export type StepEnd = Exclude<StepState, { kind: 'running' }>

export interface Table {
  readonly rows: readonly Row[]
  add(row: Row): void
  /** Undefined: it has not ended, as far as is known. */
  end(step: number): StepEnd | undefined
  setEnd(step: number, end: StepEnd): void
  /** Where the records of the next step may stand. `alone`: no other step has its file open. */
  place(alone: boolean): RecordsPlace
  /** Path of a file of records. */
  path(place: RecordsPlace): string
  /** Bytes of records of a step that writes no more. */
  size(row: Row): number
}

/** The file that steps share. */
const SHARED_RECORDS = 'records'

type Line = { readonly row: Row } | { readonly step: number; readonly end: StepEnd }

export function openTable(state: string): Table {
  const rows: Row[] = []
  const ends = new Map<number, StepEnd>()
  const take = (line: Line): void => {
    if ('row' in line) rows.push(line.row)
    else ends.set(line.step, line.end)
  }
  const file = openAppendFile(join(state, 'table'), (value) => take(value as Line))
  const write = (line: Line): void => {
    file.append(line)
    take(line)
  }
  const path = (place: RecordsPlace): string => join(state, place.file)
  const fileSize = (place: RecordsPlace): number => statSync(path(place), { throwIfNoEntry: false })?.size ?? 0
  return {
    rows,
    add: (row) => write({ row }),
    end: (step) => ends.get(step),
    setEnd: (step, end) => write({ step, end }),
    place(alone) {
      const shared = { file: SHARED_RECORDS, base: 0 }
      return alone ? { ...shared, base: fileSize(shared) } : { file: `${rows.length}.records`, base: 0 }
    },
    path,
    size({ step, records }) {
      const next = rows.find((row) => row.step > step && row.records.file === records.file)
      return (next?.records.base ?? fileSize(records)) - records.base
    },
  }
}
