/** From flags and files to what is triggered. */
import { createHash } from 'node:crypto'
import { LongshoreError } from '../shared/error.ts'
import { parseJson } from '../shared/json.ts'
import { parseWorkflow } from '../shared/parse.ts'
import { refOfPayload } from '../shared/payload.ts'
import { writeTarGz } from '../shared/tar.ts'
import type { Value } from '../shared/template.ts'
import type { TriggerRequest } from '../shared/trigger.ts'
import type { Workflow } from '../shared/workflow.ts'
import { parseAssignments } from './assignment.ts'
import { RefusedError, UsageError } from './exit.ts'
import { readNamedFile, readWorkflowFiles } from './files.ts'
import type { RunOptions } from './program.ts'
import { readRepository } from './repository.ts'
import { type Selected, selectWorkflows } from './selection.ts'
import type { Shell } from './shell.ts'
import { listSource, readSource } from './source.ts'

/** `github.event` as a file gives it. */
type Payload = { readonly [key: string]: Value }

/** The flags that say what is run, not where. */
export type RequestOptions = Pick<RunOptions, 'payload' | 'input' | 'var'> &
  Partial<Pick<RunOptions, 'env' | 'job' | 'matrix'>>

/** The working tree as it travels. */
export interface Bundle {
  readonly sha256: string
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** The workflows that are meant, parsed. All mistakes of all files are reported together. */
export async function readSelected(
  shell: Shell,
  paths: readonly string[],
  event: string | undefined,
): Promise<Selected[]> {
  const files = await readWorkflowFiles(shell.folder, paths)
  const parsed = files.map((source) => ({ source, result: parseWorkflow(source.file, source.text) }))
  const problems = parsed.flatMap(({ result }) => (result.ok ? [] : result.problems))
  if (problems.length > 0) throw new RefusedError('the workflow is not valid', problems)
  const found = parsed.flatMap(({ source, result }) => (result.ok ? [{ source, workflow: result.value }] : []))
  return selectWorkflows(found, event)
}

/** One per workflow, without the source. Rejects with `UsageError`. */
export async function readRequests(
  shell: Shell,
  selected: readonly Selected[],
  options: RequestOptions,
): Promise<TriggerRequest[]> {
  const payload = await readPayload(options.payload)
  const repository = await readRepository(shell.folder, shell.env['USER'])
  const common = {
    inputs: parseAssignments('--input', options.input),
    vars: parseAssignments('--var', options.var),
    env: parseAssignments('--env', options.env ?? []),
    ...(options.job === undefined || options.job.length === 0 ? {} : { jobs: [...options.job] }),
    ...(options.matrix === undefined || options.matrix.length === 0
      ? {}
      : { matrix: parseAssignments('--matrix', options.matrix, ':') }),
  }
  return selected.map(({ file, text, event }) => ({
    ...common,
    workflow: { file, text },
    event: { name: event, payload },
    ref: { ...repository, ...refOfPayload(event, payload) },
  }))
}

/** The tree of the folder the command was started in; none where no step checks it out. */
export async function readBundle(shell: Shell, selected: readonly Selected[]): Promise<Bundle | undefined> {
  if (!selected.some(({ workflow }) => checksOut(workflow))) return undefined
  const entries = await readSource(shell.folder, await listSource(shell.folder))
  const bytes = await writeTarGz(entries).catch((error: unknown) => {
    if (!(error instanceof LongshoreError)) throw error
    throw new UsageError(
      `${error.message}; actions/checkout takes along what .gitignore does not list: list it there, or mend it`,
    )
  })
  return { sha256: createHash('sha256').update(bytes).digest('hex'), bytes }
}

async function readPayload(file: string | undefined): Promise<Payload> {
  if (file === undefined) return {}
  const payload = parseJson(await readNamedFile('--payload', file))
  if (isObject(payload)) return payload
  throw new UsageError(`--payload ${file} is not a JSON object`)
}

function isObject(value: Value | undefined): value is Payload {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function checksOut(workflow: Workflow): boolean {
  return workflow.jobs.some((job) => job.steps.some((step) => step.kind === 'uses'))
}
