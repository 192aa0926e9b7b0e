/** `--matrix K:V` against the matrices of a workflow, as far as they are known before anything has run. */
import type { Problem } from './error.ts'
import { evaluate, toText } from './expression.ts'
import { expandMatrix } from './matrix.ts'
import { isExpression, isMapping, type Template, type Value } from './template.ts'
import type { Job, Workflow } from './workflow.ts'

type Values = { readonly [name: string]: Value }

/** The choices that no leg of any job has: nothing, or everything, would run for them. None while a matrix is still to be computed. */
export function unknownLegs(workflow: Workflow, chosen: { readonly [key: string]: string }): Problem[] {
  const known: Values[] = []
  for (const job of workflow.jobs) {
    const legs = legsOf(job)
    if (legs === undefined) return []
    known.push(...legs)
  }
  return Object.entries(chosen)
    .filter(([key, wanted]) => !valuesOf(known, key).includes(wanted))
    .map(([key, wanted]) => ({
      file: workflow.file,
      line: 0,
      column: 0,
      message: `no leg of a matrix has \`${key}: ${wanted}\``,
      remedy: remedyFor(known, key),
    }))
}

/** How a value is compared with what `--matrix` asks for. */
export function choiceText(value: Value): string {
  return typeof value === 'object' ? JSON.stringify(value) : toText(value)
}

/** Undefined where the matrix depends on a run; none where it has a mistake, which the run tells of. */
function legsOf(job: Job): readonly Values[] | undefined {
  const template = job.strategy?.matrix
  if (template === undefined) return []
  if (!isFixed(template)) return undefined
  const matrix = evaluate(template, { contexts: {} })
  const expanded = matrix.ok ? expandMatrix(matrix.value) : matrix
  return expanded.ok && 'legs' in expanded ? expanded.legs.map((leg) => leg.values) : undefined
}

function isFixed(template: Template): boolean {
  if (isExpression(template)) return false
  if (isMapping(template)) return template.map.every(([key, value]) => typeof key === 'string' && isFixed(value))
  return Array.isArray(template) ? template.every(isFixed) : true
}

function valuesOf(legs: readonly Values[], key: string): readonly string[] {
  const values = legs.flatMap((leg) => {
    const value = leg[key]
    return value === undefined ? [] : [choiceText(value)]
  })
  return [...new Set(values)]
}

function remedyFor(legs: readonly Values[], key: string): string {
  const values = valuesOf(legs, key)
  if (values.length > 0) return `there is ${values.join(', ')}`
  const keys = [...new Set(legs.flatMap((leg) => Object.keys(leg)))]
  return keys.length > 0 ? `the matrices have ${keys.join(', ')}` : 'the workflow has no matrix'
}
