/** A job becomes its legs: the matrix, the strategy and the names, all of which may depend on what the job needs. */
import { choiceText } from './chosen-legs.ts'
import type { ContextData } from './context.ts'
import { type Evaluated, evaluate, evaluateBoolean, evaluateNumber, evaluateText, toText } from './expression.ts'
import { expandMatrix, legName, type Leg as MatrixLeg } from './matrix.ts'
import type { Plan } from './plan.ts'
import { isExpression, type Place, type Value } from './template.ts'
import type { Cause } from './try.ts'
import type { Job } from './workflow.ts'

/** One execution of a job: the job itself, or one combination of its matrix. */
export interface Leg {
  /** `id`, or `id.index`. */
  readonly key: string
  readonly name: string
  /** The `matrix` context; `null` without a matrix. */
  readonly matrix: { readonly [name: string]: Value } | null
  /** The `strategy` context. */
  readonly strategy: ContextData
}

/** The legs of a job, and the rules by which they start and stop. */
export interface Expansion {
  /** In declaration order. Empty when the run's `--matrix` leaves none. */
  readonly legs: readonly Leg[]
  readonly failFast: boolean
  readonly maxParallel: number
}

/** The cause is the job's own mistake, with its place. */
export type Expanded = { readonly ok: true; readonly value: Expansion } | { readonly ok: false; readonly cause: Cause }

/** The key that speaks for the whole job before it is expanded: its only one, or that of its first leg. */
export function firstKey(job: Job): string {
  return job.strategy?.matrix === undefined ? job.id : `${job.id}.0`
}

/** `contexts`: github, inputs, vars, needs. A mistake is the job's failure, with its place. */
export function expandJob(plan: Plan, job: Job, contexts: ContextData): Expanded {
  const { file } = plan.workflow
  const at = job.strategy?.at ?? job.at
  const failFast = evaluateBoolean(job.strategy?.failFast ?? true, { contexts })
  if (!failFast.ok) return { ok: false, cause: causeOf(file, 'strategy', failFast, at) }
  const maxParallel = evaluateNumber(job.strategy?.maxParallel, { contexts })
  if (!maxParallel.ok) return { ok: false, cause: causeOf(file, 'strategy', maxParallel, at) }
  if (maxParallel.value !== undefined && !(maxParallel.value >= 1)) {
    return { ok: false, cause: causeOf(file, 'strategy', { message: 'max-parallel must be at least 1', at }, at) }
  }
  const combinations = combinationsOf(plan, job, contexts)
  if (!combinations.ok) return combinations
  const total = combinations.value.length
  const strategy = { failFast: failFast.value, maxParallel: Math.floor(maxParallel.value ?? Math.max(total, 1)) }
  const legs: Leg[] = []
  for (const [index, matrix] of combinations.value.entries()) {
    const leg = legOf(job, matrix, strategyContext(strategy, index, total), contexts)
    if (!leg.ok) return { ok: false, cause: causeOf(file, 'name', leg, job.at) }
    legs.push(leg.value)
  }
  return { ok: true, value: { legs, ...strategy } }
}

/** The cause of a job that its own file's mistake failed: `file:line:column` first. */
export function causeOf(file: string, code: string, error: { message: string; at: Place }, fallback: Place): Cause {
  const [line, column] = error.at[0] > 0 ? error.at : fallback
  return { code: `invalid-${code}`, message: `${file}:${line}:${column}: ${error.message}` }
}

/** `null`: the one leg of a job without a matrix. */
type Combination = MatrixLeg | null
type Combinations =
  | { readonly ok: true; readonly value: readonly Combination[] }
  | { readonly ok: false; readonly cause: Cause }

function combinationsOf(plan: Plan, job: Job, contexts: ContextData): Combinations {
  const template = job.strategy?.matrix
  if (template === undefined) return { ok: true, value: [null] }
  const at = isExpression(template) ? template.at : (job.strategy?.at ?? job.at)
  const matrix = evaluate(template, { contexts })
  if (!matrix.ok) return { ok: false, cause: causeOf(plan.workflow.file, 'matrix', matrix, at) }
  const expanded = expandMatrix(matrix.value)
  if (!expanded.ok) {
    return {
      ok: false,
      cause: causeOf(plan.workflow.file, 'matrix', { message: `${expanded.message} (${expanded.remedy})`, at }, at),
    }
  }
  return { ok: true, value: expanded.legs.filter((leg) => isSelected(plan, leg.values)) }
}

/** A leg without the key is not what `--matrix` speaks of. */
function isSelected(plan: Plan, values: { readonly [name: string]: Value }): boolean {
  return Object.entries(plan.matrix ?? {}).every(([key, wanted]) => {
    const value = values[key]
    return value === undefined || choiceText(value) === wanted
  })
}

/** Source: GitHub's documentation, "strategy context". */
function strategyContext(
  strategy: { readonly failFast: boolean; readonly maxParallel: number },
  index: number,
  total: number,
): ContextData {
  return {
    'fail-fast': strategy.failFast,
    'job-index': index,
    'job-total': total,
    'max-parallel': strategy.maxParallel,
  }
}

function legOf(job: Job, combination: Combination, strategy: ContextData, contexts: ContextData): Evaluated<Leg> {
  const matrix = combination === null ? null : combination.values
  const key = combination === null ? job.id : `${job.id}.${toText(strategy['job-index'] ?? 0)}`
  const name = evaluateText(job.name ?? job.id, { contexts: { ...contexts, matrix, strategy } })
  if (!name.ok) return name
  const shown = combination === null || namesMatrix(job) ? name.value : legName(name.value, combination)
  return { ok: true, value: { key, name: shown, matrix, strategy } }
}

/** A name that already tells the legs apart gets no `(values)`. */
function namesMatrix(job: Job): boolean {
  return isExpression(job.name) && /\b(matrix|strategy)\b/i.test(job.name.expr)
}
