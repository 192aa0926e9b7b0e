/**
 * The plan of a run: everything that was known when it was triggered, written once and never changed. All that happens
 * afterwards is facts (shared/run.ts).
 */
import type { Value } from './template.ts'
import type { Workflow } from './workflow.ts'

/** How the workflow text and the source reached the dispatcher. Secrets policies in a cluster look at this. */
export type Provenance =
  | { readonly kind: 'uploaded'; readonly by: string }
  | { readonly kind: 'fetched'; readonly host: string; readonly repository: string; readonly sha: string }
  | { readonly kind: 'webhook'; readonly host: string; readonly delivery: string }

/** How far the trigger is trusted. Decided by the dispatcher, judged by the agent. */
export interface Trust {
  readonly event: string
  readonly actor: string
  readonly fork: boolean
  readonly protectedRef: boolean
  /** Whose workflow text runs: the base's or the head's. */
  readonly workflowFrom: 'base' | 'head'
}

/** What the trigger says of the repository. Becomes the `github` context. */
export interface RefData {
  /** `owner/name` */
  readonly repository: string
  readonly ref: string
  readonly refName: string
  readonly refType: 'branch' | 'tag'
  readonly sha: string
  readonly headRef: string
  readonly baseRef: string
  readonly actor: string
  readonly serverUrl: string
  readonly apiUrl: string
  readonly graphqlUrl: string
  readonly defaultBranch: string
}

/** The source bundle `actions/checkout` unpacks. */
export interface SourceRef {
  /** Hex sha256 of the gzipped tar. */
  readonly sha256: string
  readonly sizeBytes: number
}

export interface Plan {
  /** Of this format. Readers accept this and the one before. */
  readonly version: 1
  /** A safe integer; see docs/decisions.md for how it follows from the Idempotency-Key. */
  readonly run: number
  readonly runNumber: number
  readonly workflow: Workflow
  readonly event: { readonly name: string; readonly payload: Value }
  readonly ref: RefData
  readonly inputs: { readonly [name: string]: Value }
  readonly vars: { readonly [name: string]: string }
  /** Extra environment of every job (`--env`); below the workflow's own `env`. */
  readonly env: { readonly [name: string]: string }
  readonly source?: SourceRef
  /** Only these jobs and what they need (`--job`); all when absent. */
  readonly jobs?: readonly string[]
  /** Only legs with these values (`--matrix K:V`). Compared as text. */
  readonly matrix?: { readonly [key: string]: string }
  readonly provenance: Provenance
  readonly trust: Trust
  /** Milliseconds since the epoch. */
  readonly createdAtMs: number
}
