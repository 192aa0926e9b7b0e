/**
 * The environment of a step, layer by layer. Source: semantics.md, section 2 (actions/runner StepsRunner.cs, Handler.cs).
 *
 *   runner's own < trigger < workflow < job < GITHUB_ENV < step < GITHUB_* and RUNNER_* < PATH entries
 *   └─ not in the `env` context ─┘└──────── the `env` context ────────┘
 */
import type { Value } from '../../shared/template.ts'

/** Variable → value. Names are case-sensitive, as on Linux. */
export type Variables = { readonly [name: string]: string }

/**
 * `github` keys that become GITHUB_* variables; the paths of the file commands are added by the supervisor.
 * Source: actions/runner GitHubContext.cs.
 */
const GITHUB_KEYS = [
  'action',
  'action_path',
  'action_ref',
  'action_repository',
  'actor',
  'actor_id',
  'api_url',
  'base_ref',
  'event_name',
  'event_path',
  'graphql_url',
  'head_ref',
  'job',
  'ref',
  'ref_name',
  'ref_protected',
  'ref_type',
  'repository',
  'repository_id',
  'repository_owner',
  'repository_owner_id',
  'retention_days',
  'run_attempt',
  'run_id',
  'run_number',
  'server_url',
  'sha',
  'triggering_actor',
  'workflow',
  'workflow_ref',
  'workflow_sha',
  'workspace',
] as const

/** What a step's environment is made of, the lowest first. */
export interface EnvironmentLayers {
  /** What the runner's container or host gives its processes. */
  readonly runner: Variables
  /** The `env` context: trigger, workflow, job, GITHUB_ENV and step. */
  readonly env: Variables
  readonly github: { readonly [key: string]: Value }
  readonly runnerContext: { readonly [key: string]: Value }
  /** Entries of GITHUB_PATH, the latest last. */
  readonly path: readonly string[]
}

/** The whole environment of a step's process. */
export function stepEnvironment(layers: EnvironmentLayers): Variables {
  const own = { CI: 'true', ...layers.runner, GITHUB_ACTIONS: 'true', ...layers.env }
  const variables = { ...own, ...githubVariables(layers.github), ...runnerVariables(layers.runnerContext) }
  return { ...variables, ...pathVariable(layers.path, variables) }
}

function githubVariables(github: { readonly [key: string]: Value }): Variables {
  const pairs = GITHUB_KEYS.flatMap((key) => {
    const text = variableText(github[key])
    return text === undefined ? [] : [[`GITHUB_${key.toUpperCase()}`, text]]
  })
  return { ...Object.fromEntries(pairs), GITHUB_ACTIONS: 'true' }
}

function runnerVariables(runner: { readonly [key: string]: Value }): Variables {
  const pairs = Object.entries(runner).flatMap(([key, value]) => {
    const text = variableText(value)
    return text === undefined ? [] : [[`RUNNER_${key.toUpperCase()}`, text]]
  })
  return Object.fromEntries(pairs)
}

/** Null and what is not there are not exported; neither are objects. */
function variableText(value: Value | undefined): string | undefined {
  if (value === undefined || value === null || typeof value === 'object') return undefined
  return String(value)
}

/** The latest entry comes first. */
function pathVariable(entries: readonly string[], below: Variables): Variables {
  if (entries.length === 0) return {}
  const inherited = below['PATH'] ?? ''
  return { PATH: [...entries.toReversed(), ...(inherited === '' ? [] : [inherited])].join(':') }
}

/** `entries` after a GITHUB_PATH file: an entry that is there already moves to the end, where it counts most. */
export function addPaths(entries: readonly string[], added: readonly string[]): readonly string[] {
  return added.reduce<readonly string[]>((path, entry) => [...path.filter((known) => known !== entry), entry], entries)
}
