/**
 * `actions/checkout` of the run's own repository: the files somebody sent along with the run, unpacked below the workspace. Done by the agent, at
 * most once to its end; done again from the start by the next agent where this one died in it, which changes nothing, as no step ran since.
 */

import { LongshoreError } from '../../shared/error.ts'
import { type Evaluated, evaluateMapping, type Scope } from '../../shared/expression.ts'
import { readTarGz, type TarEntry } from '../../shared/tar.ts'
import type { UsesStep } from '../../shared/workflow.ts'
import type { EntryOf } from '../job/entry.ts'
import type { JobRun } from '../job/run.ts'
import type { Variables } from './environment.ts'
import { evaluateInStep } from './evaluation.ts'

/** Where the files go, and what the log says before. */
export interface PreparedCheckout {
  /** Below the workspace; `` is the workspace itself. */
  readonly path: string
  readonly header: readonly string[]
}

export async function prepareCheckout(
  run: JobRun,
  step: UsesStep,
  number: number,
  env: Variables,
  scope: Scope,
): Promise<Evaluated<PreparedCheckout>> {
  const inputs = await evaluateInStep(run, number, scope, (withFiles) => evaluateMapping(step.with, withFiles))
  if (!inputs.ok) return inputs
  const path = folderOf(inputs.value)
  if (path === undefined)
    return { ok: false, message: '`path` of actions/checkout must be below the workspace', at: step.at }
  const given = [...inputs.value].filter(([, value]) => value !== '').map(([name, value]) => `  ${name}: ${value}`)
  const variables = Object.entries(env).map(([name, value]) => `  ${name}: ${value}`)
  const header = [
    `##[group]Run ${step.uses}`,
    ...(given.length === 0 ? [] : ['with:', ...given]),
    ...(variables.length === 0 ? [] : ['env:', ...variables]),
    '##[endgroup]',
  ]
  return { ok: true, value: { path, header } }
}

/** Undefined where it would leave the workspace. */
function folderOf(inputs: ReadonlyMap<string, string>): string | undefined {
  const given = [...inputs].find(([name]) => name.toLowerCase() === 'path')?.[1] ?? ''
  const parts = given.split('/').filter((part) => part !== '' && part !== '.')
  return given.startsWith('/') || parts.includes('..') ? undefined : parts.join('/')
}

/** Unpacks the source, or says why not; journaled before anything is said of it. */
export async function checkout(run: JobRun, number: number, path: string): Promise<EntryOf<'built-in'>> {
  const [known] = run.journal.past('built-in', number)
  if (known !== undefined) return known
  const outcome = await unpack(run, path)
  const entry: EntryOf<'built-in'> = { kind: 'built-in', step: number, atMs: run.clock.nowMs(), ...outcome }
  await run.journal.append(entry)
  return entry
}

type Outcome = Pick<EntryOf<'built-in'>, 'lines' | 'problem' | 'outputs'>

async function unpack(run: JobRun, path: string): Promise<Outcome> {
  const { source, contexts } = run.facts.spec
  const none = { lines: [], outputs: {} }
  if (source === undefined) {
    return { ...none, problem: 'This run was started without a source: there are no files to check out.' }
  }
  try {
    const count = { files: 0, bytes: 0 }
    const bytes = await run.bundle(source)
    const root = path === '' ? run.facts.runner.paths.workspace : `${run.facts.runner.paths.workspace}/${path}`
    await run.supervisor.writeTree(root, counted(readTarGz(bytes), count))
    const { repository, ref, sha } = contexts.github
    return {
      lines: [
        `Source of ${String(repository ?? '')} (sha256 ${source.sha256.slice(0, 12)}, ${bytes.byteLength} bytes)`,
        `Wrote ${count.files} files (${count.bytes} bytes) to ${root}`,
      ],
      outputs: { ref: String(ref ?? ''), commit: String(sha ?? '') },
    }
  } catch (error) {
    if (!isOwnFault(error)) throw error
    return { ...none, problem: error.message }
  }
}

/** The source cannot be had or written, and never will be; anything else is not for this step to answer. */
function isOwnFault(error: unknown): error is LongshoreError {
  const ends = ['superseded', 'pod-gone']
  return error instanceof LongshoreError && error.retry === 'never' && !ends.includes(error.code)
}

async function* counted(entries: AsyncIterable<TarEntry>, count: { files: number; bytes: number }) {
  for await (const entry of entries) {
    if (entry.kind === 'file') {
      count.files += 1
      count.bytes += entry.bytes.byteLength
    }
    yield entry
  }
}
