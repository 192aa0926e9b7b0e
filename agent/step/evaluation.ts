/**
 * Evaluates what a step has written, files included. Functions of the language are synchronous and the files are in the pod: so whatever calls
 * `hashFiles` is evaluated twice, first to learn what is asked, then with the answers. An answer is journaled: the files may change.
 */

import { LongshoreError } from '../../shared/error.ts'
import type { Evaluated, Scope } from '../../shared/expression.ts'
import type { EntryOf } from '../job/entry.ts'
import type { JobRun } from '../job/run.ts'

type Hash = Pick<EntryOf<'hash'>, 'hash' | 'problem'>

/** `evaluate` is called once, and again for each round of file questions. */
export async function evaluateInStep<T>(
  run: JobRun,
  step: number,
  scope: Scope,
  evaluate: (scope: Scope) => Evaluated<T>,
): Promise<Evaluated<T>> {
  const known = new Map<string, Hash>(run.journal.past('hash', step).map((entry) => [entry.patterns, entry]))
  while (true) {
    const asked = new Set<string>()
    const result = evaluate({ ...scope, hashFiles: (patterns) => answer(known, asked, patterns) })
    if (asked.size === 0) return failedQuestion(known, result)
    for (const patterns of asked) known.set(patterns, await ask(run, step, patterns))
  }
}

function answer(known: ReadonlyMap<string, Hash>, asked: Set<string>, patterns: readonly string[]): string {
  const key = JSON.stringify(patterns)
  const hash = known.get(key)
  if (hash === undefined) asked.add(key)
  return hash?.hash ?? ''
}

function failedQuestion<T>(known: ReadonlyMap<string, Hash>, result: Evaluated<T>): Evaluated<T> {
  const problem = [...known.values()].find((hash) => hash.problem !== undefined)?.problem
  return problem === undefined ? result : { ok: false, message: problem, at: [0, 0] }
}

async function ask(run: JobRun, step: number, key: string): Promise<Hash> {
  const patterns: readonly string[] = JSON.parse(key)
  const hash = await hashOf(run, patterns)
  await run.journal.append({ kind: 'hash', step, patterns: key, ...hash })
  return hash
}

/** Source: actions/runner Expressions/HashFilesFunction.cs. */
async function hashOf(run: JobRun, patterns: readonly string[]): Promise<Hash> {
  const [first = ''] = patterns
  const isOption = first.startsWith('--')
  const followSymlinks = first.toLowerCase() === '--follow-symbolic-links'
  if (isOption && !followSymlinks) {
    return { hash: '', problem: `Invalid glob option ${first}, available option: '--follow-symbolic-links'` }
  }
  try {
    return { hash: await run.supervisor.hashFiles(isOption ? patterns.slice(1) : patterns, followSymlinks, run.letGo) }
  } catch (error) {
    return { hash: '', problem: problemOf(error) }
  }
}

/** What is the workflow's own doing is a problem (too many files, a time limit); anything else ends the job's run by this agent. */
function problemOf(error: unknown): string {
  if (!(error instanceof LongshoreError) || error.code === 'superseded' || error.code === 'pod-gone') throw error
  return error.message
}
