/** The contexts the dispatcher knows before a job is anywhere: `github`, `inputs`, `vars`, `needs`, and those of a leg. */
import { evaluateText } from './expression.ts'
import { valueAt } from './payload.ts'
import type { Plan } from './plan.ts'
import type { Value } from './template.ts'

/** Contexts by name, in lower case. */
export type ContextData = { readonly [name: string]: Value }

/** What a job gives to those that need it: `needs.<id>`. */
export interface JobResult {
  /** A failure that `continue-on-error` tolerates reads `success` here. Source: actions/runner issue 1161. */
  readonly result: 'success' | 'failure' | 'cancelled' | 'skipped'
  readonly outputs: { readonly [name: string]: string }
}

/** How long GitHub keeps logs and artifacts by default, in days. Source: GitHub's documentation, "Usage limits". */
const RETENTION_DAYS = '90'

/**
 * The `github` context without what only the agent knows (token, workspace, event_path, action…). Numbers of the run are text, as on
 * GitHub; `null` is not exported as a variable. Source: actions/runner GitHubContext.cs; GitHub's documentation, "Contexts".
 */
export function githubContext(plan: Plan, runAttempt: number, job?: string): ContextData {
  const { ref, workflow, trust } = plan
  const [owner = ''] = ref.repository.split('/')
  return {
    actor: ref.actor,
    actor_id: idAt(plan.event.payload, ['sender', 'id']),
    api_url: ref.apiUrl,
    base_ref: ref.baseRef,
    event: plan.event.payload,
    event_name: plan.event.name,
    graphql_url: ref.graphqlUrl,
    head_ref: ref.headRef,
    job: job ?? null,
    ref: ref.ref,
    ref_name: ref.refName,
    ref_protected: trust.protectedRef,
    ref_type: ref.refType,
    repository: ref.repository,
    repository_id: idAt(plan.event.payload, ['repository', 'id']),
    repository_owner: owner,
    repository_owner_id: idAt(plan.event.payload, ['repository', 'owner', 'id']),
    repositoryUrl: `git://${hostOf(ref.serverUrl)}/${ref.repository}.git`,
    retention_days: RETENTION_DAYS,
    run_attempt: String(runAttempt),
    run_id: String(plan.run),
    run_number: String(plan.runNumber),
    secret_source: 'Actions',
    server_url: ref.serverUrl,
    sha: ref.sha,
    triggering_actor: ref.actor,
    workflow: workflow.name ?? workflow.file,
    workflow_ref: `${ref.repository}/${workflow.file}@${ref.ref}`,
    workflow_sha: ref.sha,
  }
}

/** `needs`: the direct needs of a job, all of which are done. */
export function needsContext(needs: readonly string[], results: ReadonlyMap<string, JobResult>): ContextData {
  return Object.fromEntries(
    needs.map((id): [string, Value] => {
      const { result, outputs } = results.get(id) ?? { result: 'skipped', outputs: {} }
      return [id, { result, outputs }]
    }),
  )
}

/** `run-name`; the workflow's name, or its file, where there is none, or it is empty or in error. Source: GitHub's documentation, "run-name". */
export function runName(plan: Plan): string {
  const { workflow, inputs, vars } = plan
  const contexts = { github: githubContext(plan, 1), inputs, vars }
  const name = evaluateText(workflow.runName, { contexts })
  return name.ok && name.value.trim() !== '' ? name.value : (workflow.name ?? workflow.file)
}

/** Ids are numbers in payloads and text in contexts. */
function idAt(payload: Value, path: readonly string[]): string | null {
  const value = valueAt(payload, path)
  return typeof value === 'number' || typeof value === 'string' ? String(value) : null
}

function hostOf(url: string): string {
  return url.replace(/^[a-z]+:\/\//, '').replace(/\/.*$/, '')
}
