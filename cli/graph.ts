/** The jobs of a workflow as a graph in text: in stages, each job with what it needs and its legs. Pure. */
import { githubContext } from '../shared/context.ts'
import { selectedJobs } from '../shared/job.ts'
import { expandJob, type Leg } from '../shared/leg.ts'
import type { Plan } from '../shared/plan.ts'
import { isExpression, isMapping, type Template, type Value } from '../shared/template.ts'
import type { Job } from '../shared/workflow.ts'
import { type Paint, safeLine } from './ansi.ts'

/** A job as far as it is known before anything ran. */
export interface PlannedJob {
  readonly id: string
  readonly needs: readonly string[]
  /** From 1; a job is one after the last of what it needs. */
  readonly stage: number
  readonly if?: string
  readonly runsOn: string
  readonly steps: number
  readonly legs: PlannedLegs
}

/** What is known of a job's legs before it runs. */
export type PlannedLegs =
  /** Without a matrix. */
  | { readonly kind: 'single'; readonly name: string }
  | {
      readonly kind: 'matrix'
      readonly legs: readonly { readonly job: string; readonly name: string; readonly matrix: Value }[]
    }
  /** Its matrix comes from jobs that it needs. */
  | { readonly kind: 'later'; readonly why: string }
  /** Its matrix or name is in error: the job would fail. */
  | { readonly kind: 'invalid'; readonly why: string }

export function planJobs(plan: Plan): PlannedJob[] {
  const jobs = selectedJobs(plan)
  const stages = new Map<string, number>()
  const stageOf = (id: string): number => {
    const known = stages.get(id)
    if (known !== undefined) return known
    const stage = 1 + Math.max(0, ...(jobs.get(id)?.needs ?? []).map(stageOf))
    stages.set(id, stage)
    return stage
  }
  return [...jobs.values()].map((job) => ({
    id: job.id,
    needs: job.needs,
    stage: stageOf(job.id),
    ...(job.if === undefined ? {} : { if: job.if.expr }),
    runsOn: templateText(job.runsOn),
    steps: job.steps.length,
    legs: legsOf(plan, job),
  }))
}

function legsOf(plan: Plan, job: Job): PlannedLegs {
  if (/\bneeds\b/i.test(JSON.stringify([job.strategy ?? null, job.name ?? null])))
    return { kind: 'later', why: `known when ${job.needs.join(', ')} ${job.needs.length === 1 ? 'has' : 'have'} ended` }
  const contexts = { github: githubContext(plan, 1, job.id), inputs: plan.inputs, vars: plan.vars, needs: {} }
  const expanded = expandJob(plan, job, contexts)
  if (!expanded.ok) return { kind: 'invalid', why: expanded.cause.message }
  const [first] = expanded.value.legs
  if (first !== undefined && first.matrix === null) return { kind: 'single', name: first.name }
  return { kind: 'matrix', legs: expanded.value.legs.map(({ key, name, matrix }: Leg) => ({ job: key, name, matrix })) }
}

/** Jobs in their stages, side by side what may run side by side. */
export function graphLines(jobs: readonly PlannedJob[], paint: Paint): string[] {
  const stages = Math.max(0, ...jobs.map((job) => job.stage))
  return Array.from({ length: stages }, (_, index) => index + 1).flatMap((stage) => {
    const here = jobs.filter((job) => job.stage === stage)
    return [paint('dim', `stage ${stage}`), ...here.flatMap((job) => jobLines(job, paint))]
  })
}

function jobLines(job: PlannedJob, paint: Paint): string[] {
  const named = job.legs.kind === 'single' && job.legs.name !== job.id ? ` "${job.legs.name}"` : ''
  const needs = job.needs.length === 0 ? '' : ` ◀── ${job.needs.join(', ')}`
  const facts = [job.runsOn, `${job.steps} ${job.steps === 1 ? 'step' : 'steps'}`]
  if (job.if !== undefined) facts.push(`if ${job.if}`)
  const head = `  ${paint('bold', safeLine(job.id, false))}${safeLine(named, false)}${paint('cyan', safeLine(needs, false))}`
  return [`${head}  ${paint('dim', safeLine(facts.join(' · '), false))}`, ...legLines(job.legs, paint)]
}

function legLines(legs: PlannedLegs, paint: Paint): string[] {
  switch (legs.kind) {
    case 'single':
      return []
    case 'later':
      return [`    └─ ${paint('dim', `matrix ${safeLine(legs.why, false)}`)}`]
    case 'invalid':
      return [`    └─ ${paint('red', safeLine(legs.why, false))}`]
    case 'matrix':
      return legs.legs.map(
        ({ name }, index) => `    ${index === legs.legs.length - 1 ? '└─' : '├─'} ${safeLine(name, false)}`,
      )
  }
}

/** As it was written, near enough. */
function templateText(template: Template): string {
  if (isExpression(template)) return `\${{ ${template.expr} }}`
  if (isMapping(template))
    return `{ ${template.map.map(([key, value]) => `${typeof key === 'string' ? key : templateText(key)}: ${templateText(value)}`).join(', ')} }`
  if (Array.isArray(template)) return template.map(templateText).join(', ')
  return String(template)
}
