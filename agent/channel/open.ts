/** A `Supervisor`, made of questions and answers. */
import type { Clock } from '../../shared/clock.ts'
import { LongshoreError } from '../../shared/error.ts'
import type { JournalEntry, Supervisor } from '../channel.ts'
import { JOURNAL_ENTRY_BYTES_MAX } from '../supervisor/limit.ts'
import type { NumberedEntry } from '../supervisor/message.ts'
import type { OutputRecord } from '../supervisor/protocol.ts'
import { parseFile, parseJournalPage, parseRead, parseStepEnd, parseStepState, parseText } from './answer.ts'
import { type Asker, type Dial, openAsker } from './ask.ts'
import type { Identity } from './link.ts'
import { treeRequests } from './tree.ts'

/** Resolves when the supervisor said welcome. `signal` ends the waiting for that, nothing later. */
export async function openChannel(
  dial: Dial,
  identity: Identity,
  clock: Clock,
  signal: AbortSignal,
): Promise<Supervisor> {
  signal.throwIfAborted()
  const asker = openAsker(dial, identity, clock)
  const cancel = (): void => asker.end(signal.reason)
  signal.addEventListener('abort', cancel, { once: true })
  const { facts, number } = await asker.welcome.finally(() => signal.removeEventListener('abort', cancel))
  const numbered = numberEntries(number)
  const { ask } = asker
  return {
    facts,
    journal: () => readJournal(asker),
    output: (key, from) => readOutput(asker, key, from),
    append: async (entry) => void (await ask({ kind: 'append', entries: [numbered(entry)] })),
    start: async (command, entries) =>
      parseStepState(await ask({ kind: 'start', entries: entries.map(numbered), command })),
    ended: async (key) => parseStepEnd(await ask({ kind: 'end', key })),
    signal: async (key, name) => void (await ask({ kind: 'signal', key, signal: name })),
    hashFiles: async (patterns, follow, stop) =>
      parseText(await ask({ kind: 'hash', patterns, follow }, undefined, stop)),
    readFile: async (path, maxBytes) => parseFile(await ask({ kind: 'file', path, maxBytes })),
    async writeTree(root, entries) {
      for await (const { pieces, raw } of treeRequests(entries)) {
        await ask({ kind: 'tree', root, pieces, raw: raw.length }, raw)
      }
    },
    close: () => asker.end(new LongshoreError('closed', 'never', 'the channel was closed')),
  }
}

/** Numbers entries within the epoch, so that one that is sent twice is kept once. */
function numberEntries(last: number): (entry: JournalEntry) => NumberedEntry {
  let number = last
  return (entry) => {
    const bytes = Buffer.byteLength(JSON.stringify(entry))
    if (bytes > JOURNAL_ENTRY_BYTES_MAX) {
      throw new LongshoreError('too-large', 'never', `a journal entry of ${bytes} bytes`)
    }
    number += 1
    return { number, entry }
  }
}

async function readJournal({ ask }: Asker): Promise<readonly JournalEntry[]> {
  const entries: JournalEntry[] = []
  for (let from = 0; ; ) {
    const page = parseJournalPage(await ask({ kind: 'journal', from }))
    entries.push(...page.entries)
    if (page.next <= from) return entries
    from = page.next
  }
}

/** One answer ahead of its reader, and no more: that is the back-pressure. */
async function* readOutput({ ask }: Asker, key: string, from: number): AsyncGenerator<readonly OutputRecord[]> {
  const left = new AbortController()
  const read = (position: number) => {
    const answer = ask({ kind: 'read', key, from: position }, undefined, left.signal)
    const parsed = answer.then((arrived) => parseRead(arrived, position))
    // Asked for ahead of its reader, who may never come back for it.
    parsed.catch(() => undefined)
    return parsed
  }
  try {
    for (let next = read(from); ; ) {
      const { over, records, next: position } = await next
      if (!over) next = read(position)
      if (records.length > 0) yield records
      if (over) return
    }
  } finally {
    left.abort(new LongshoreError('closed', 'never', 'the output is not read any more'))
  }
}
