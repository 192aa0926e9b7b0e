/** What a step is called in the step list. Source: actions/runner ActionRunner.GenerateDisplayName. */
import { evaluateText, type Scope } from '../../shared/expression.ts'
import type { Step } from '../../shared/workflow.ts'
import type { JobRun } from '../job/run.ts'
import { evaluateInStep } from './evaluation.ts'
import { firstLine } from './run.ts'

/** The step's own name, or what it runs; one line of it, masked. What cannot be evaluated is called by its kind: its error is said elsewhere. */
export async function displayName(run: JobRun, step: Step, number: number, scope: Scope): Promise<string> {
  const name = await evaluateInStep(run, number, scope, (withFiles) => evaluateText(step.name, withFiles))
  const own = name.ok ? firstLine(name.value) : ''
  if (own !== '') return run.masks.mask(own)
  if (step.kind === 'uses') return run.masks.mask(`Run ${step.uses}`)
  const script = await evaluateInStep(run, number, scope, (withFiles) => evaluateText(step.run, withFiles))
  return script.ok ? run.masks.mask(`Run ${firstLine(script.value)}`) : 'Run'
}
