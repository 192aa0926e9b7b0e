/**
 * What expressions of a step may name. Every context has a value: one without data would make its members an error.
 * Source: semantics.md, section 12; actions/runner GitHubContext.cs, RunnerContext.cs, JobContext.cs, StepsContext.cs.
 */
import type { Scope } from '../../shared/expression.ts'
import type { JobSpec } from '../../shared/message.ts'
import type { Conclusion } from '../../shared/run.ts'
import type { Value } from '../../shared/template.ts'
import type { Variables } from '../step/environment.ts'
import type { RunnerFacts } from '../supervisor/protocol.ts'
import type { JobState } from './state.ts'

type Context = { readonly [key: string]: Value }

/** What does not change while a job runs. */
export interface JobFacts {
  readonly spec: JobSpec
  readonly runner: RunnerFacts
  /** `runner.name`: the agent. */
  readonly runnerName: string
  readonly secrets: Variables
}

/** The `github` context of a step, with what only the runner knows. */
export function githubContext(facts: JobFacts, action: string): Context {
  return {
    action_path: null,
    action_ref: '',
    action_repository: '',
    ...facts.spec.contexts.github,
    action,
    job: facts.spec.id,
    token: facts.secrets['GITHUB_TOKEN'] ?? '',
    workspace: facts.runner.paths.workspace,
    event_path: `${facts.runner.paths.workflow}/event.json`,
  }
}

/** The `runner` context; each key is also a RUNNER_* variable. */
export function runnerContext(facts: JobFacts): Context {
  const { paths, os, arch } = facts.runner
  return {
    os,
    arch,
    name: facts.runnerName,
    environment: 'self-hosted',
    tool_cache: paths.toolCache,
    temp: paths.temp,
    workspace: parentOf(paths.workspace),
    ...(isDebug(facts) ? { debug: '1' } : {}),
  }
}

/** Source: actions/runner RunnerContext: the folder the workspace lies in. */
function parentOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf('/')))
}

/** ACTIONS_STEP_DEBUG, as a secret or a variable. */
export function isDebug(facts: Pick<JobFacts, 'spec' | 'secrets'>): boolean {
  const asked = facts.secrets['ACTIONS_STEP_DEBUG'] ?? facts.spec.contexts.vars['ACTIONS_STEP_DEBUG']
  return String(asked ?? '').toLowerCase() === 'true'
}

/** The `steps` context: finished steps that have an id of their own. */
function stepsContext(state: JobState): Context {
  return Object.fromEntries(
    state.steps
      .filter((step) => !step.id.startsWith('__'))
      .map(({ id, outputs, outcome, conclusion }) => [id, { outputs, outcome, conclusion }]),
  )
}

/** A scope for anything of a step; `env` is what it sees at that point. */
export function stepScope(facts: JobFacts, state: JobState, env: Variables, action: string): Scope {
  return { contexts: contexts(facts, state, env, action), status: statusFunctions(state.status) }
}

/** For the job's own `env`, `defaults` and `outputs`, which know no status functions. */
export function jobScope(facts: JobFacts, state: JobState, env: Variables): Scope {
  return { contexts: contexts(facts, state, env, '') }
}

function contexts(facts: JobFacts, state: JobState, env: Variables, action: string): Scope['contexts'] {
  const { inputs, vars, needs, matrix, strategy } = facts.spec.contexts
  return {
    github: githubContext(facts, action),
    env,
    vars,
    secrets: facts.secrets,
    inputs,
    needs,
    matrix,
    strategy,
    job: jobContext(facts, state),
    runner: runnerContext(facts),
    steps: stepsContext(state),
  }
}

function jobContext(facts: JobFacts, state: JobState): Context {
  const { github } = facts.spec.contexts
  return {
    status: state.status,
    container: {},
    services: {},
    check_run_id: null,
    workflow_ref: github['workflow_ref'] ?? null,
    workflow_sha: github['workflow_sha'] ?? null,
    workflow_repository: github['repository'] ?? null,
    workflow_file_path: facts.spec.file,
  }
}

/** In a step's `if` they look at the job alone. Source: actions/runner, Expressions/SuccessFunction.cs and its neighbours. */
function statusFunctions(status: Conclusion): NonNullable<Scope['status']> {
  return {
    success: () => status === 'success',
    failure: () => status === 'failure',
    cancelled: () => status === 'cancelled',
  }
}
