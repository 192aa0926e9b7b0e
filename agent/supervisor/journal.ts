/** The agent's journal: entries in order, each kept once although its request may come twice. */
import { join } from 'node:path'
import { type AppendFile, openAppendFile } from './append-file.ts'
import { JOURNAL_PAGE_BYTES } from './limit.ts'

/** A line of the file: an entry and who appended it. Numbers of one epoch rise; one that is not higher is a repetition. */
interface Line {
  readonly epoch: number
  readonly number: number
  readonly entry: unknown
}

export interface Journal {
  append(epoch: number, number: number, entry: unknown): void
  /** Highest number appended under that epoch; 0 when none was. */
  last(epoch: number): number
  /** Some entries from a position on; 0 is the beginning. `next` equals `from` at the end. */
  page(from: number): { readonly entries: readonly unknown[]; readonly next: number }
}

export function openJournal(state: string): Journal {
  const positions: number[] = [0]
  let highest = { epoch: 0, number: 0 }
  const file: AppendFile = openAppendFile(join(state, 'journal'), (value, _from, to) => {
    positions.push(to)
    highest = value as Line
  })
  const last = (epoch: number): number => (highest.epoch === epoch ? highest.number : 0)
  return {
    last,
    append(epoch, number, entry) {
      if (number <= last(epoch)) return
      file.append({ epoch, number, entry } satisfies Line)
      positions.push(file.size())
      highest = { epoch, number }
    },
    page(from) {
      const first = positions.indexOf(from)
      if (first < 0) return { entries: [], next: from }
      let next = from
      for (let at = first + 1; at < positions.length; at++) {
        const position = positions[at] ?? next
        if (position - from > JOURNAL_PAGE_BYTES && next > from) break
        next = position
      }
      const lines = file.read(from, next).split('\n').slice(0, -1)
      return { entries: lines.map((line) => (JSON.parse(line) as Line).entry), next }
    },
  }
}
