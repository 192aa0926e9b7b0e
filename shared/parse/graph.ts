/** `needs` between jobs: every job named exists, and none waits for itself. */
import type { TemplateToken } from '@actions/workflow-parser/templates/tokens/index'
import type { JobDraft } from './job.ts'
import { nearest } from './near.ts'
import type { Problems } from './problems.ts'

/** Job ids are compared without case: every need is spelled as the job it means. */
export function withDeclaredNeeds(drafts: readonly JobDraft[]): JobDraft[] {
  const declared = new Map(drafts.map(({ job }) => [job.id.toLowerCase(), job.id]))
  const spelled = (need: string): string => declared.get(need.toLowerCase()) ?? need
  return drafts.map((draft) => ({ ...draft, job: { ...draft.job, needs: [...new Set(draft.job.needs.map(spelled))] } }))
}

/** After `withDeclaredNeeds`. */
export function checkGraph(drafts: readonly JobDraft[], problems: Problems): void {
  const byId = new Map(drafts.map((draft) => [draft.job.id, draft]))
  for (const draft of drafts) {
    for (const need of draft.job.needs) checkNeed(draft, need, byId, problems)
  }
  for (const cycle of cyclesOf(byId)) {
    const [first = '', second = first] = cycle
    const place = placeOfNeed(byId.get(first), second)
    problems.add(
      place,
      `these jobs wait for each other: ${[...cycle, first].join(' → ')}`,
      'remove one of these `needs`',
    )
  }
}

function checkNeed(draft: JobDraft, need: string, byId: ReadonlyMap<string, JobDraft>, problems: Problems): void {
  if (problems.isFull()) return
  const id = draft.job.id
  const place = placeOfNeed(draft, need)
  if (need === id) {
    problems.add(place, `the job \`${id}\` needs itself`, `remove \`${id}\` from its \`needs\``)
  } else if (!byId.has(need) && !need.includes('${{')) {
    const near = nearest(need, byId.keys())
    const remedy =
      near === undefined ? `the jobs are: ${[...byId.keys()].slice(0, 20).join(', ')}` : `did you mean \`${near}\`?`
    problems.add(place, `the job \`${id}\` needs \`${need}\`, which does not exist`, remedy)
  }
}

function placeOfNeed(draft: JobDraft | undefined, need: string): TemplateToken | undefined {
  return draft?.needs.find((token) => token.value.toLowerCase() === need.toLowerCase())
}

/**
 * Each cycle once, from the job that stands first in the file. A need on itself is reported on its own. No recursion: a chain may be as long as the
 * file has jobs.
 */
function cyclesOf(byId: ReadonlyMap<string, JobDraft>): readonly string[][] {
  const done = new Set<string>()
  const cycles: string[][] = []
  for (const root of byId.keys()) {
    const path: Visit[] = []
    const onPath = new Map<string, number>()
    let id: string | undefined = root
    while (id !== undefined) {
      const start = onPath.get(id)
      if (start !== undefined) {
        cycles.push(path.slice(start).map((visit) => visit.id))
      } else if (!done.has(id)) {
        onPath.set(id, path.length)
        path.push({ id, needs: needsBelow(id, byId) })
      }
      id = nextBelow(path, onPath, done)
    }
  }
  return cycles
}

/** A job on the way and what is left of its needs. */
interface Visit {
  readonly id: string
  readonly needs: Iterator<string>
}

function needsBelow(id: string, byId: ReadonlyMap<string, JobDraft>): Iterator<string> {
  return (byId.get(id)?.job.needs ?? []).filter((need) => need !== id && byId.has(need)).values()
}

/** The next job to look at; leaves those of the path that have no further need. */
function nextBelow(path: Visit[], onPath: Map<string, number>, done: Set<string>): string | undefined {
  for (let visit = path.at(-1); visit !== undefined; visit = path.at(-1)) {
    const next = visit.needs.next()
    if (next.done !== true) return next.value
    path.pop()
    onPath.delete(visit.id)
    done.add(visit.id)
  }
  return undefined
}
