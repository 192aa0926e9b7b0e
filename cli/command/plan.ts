/** `longshore plan WORKFLOW`: what would run, without running it. */
import { buildPlan, type PlanOrigin } from '../../shared/plan.ts'
import { triggerSchema } from '../../shared/trigger.ts'
import { safeLine } from '../ansi.ts'
import { EXIT, type ExitStatus, RefusedError, UsageError } from '../exit.ts'
import { graphLines, planJobs } from '../graph.ts'
import { lookOf } from '../presenter.ts'
import type { PlanOptions } from '../program.ts'
import { readRequests, readSelected } from '../request.ts'
import { writeLines } from '../screen.ts'
import type { Shell } from '../shell.ts'

export async function plan(shell: Shell, path: string, options: PlanOptions): Promise<ExitStatus> {
  const selected = await readSelected(shell, [path], options.event)
  const [chosen] = selected
  const [request] = await readRequests(shell, selected, options)
  if (chosen === undefined || request === undefined || selected.length > 1)
    throw new UsageError(`plan shows one workflow; ${path} has ${selected.length}`)
  const { file, event, workflow } = chosen
  const built = buildPlan(workflow, triggerSchema.parse(request), originOf(shell, event))
  if (!built.ok) throw new RefusedError('this cannot be run', built.problems)
  const jobs = planJobs(built.value)
  const name = workflow.name ?? file
  if (options.json === true) {
    shell.stdout.write(`${JSON.stringify({ workflow: file, name, event, jobs }, null, 2)}\n`)
    return EXIT.success
  }
  const { paint } = lookOf(shell.stdout)
  const title = `${paint('bold', safeLine(name, false))} · ${safeLine(`${event} · ${file}`, false)}`
  writeLines(shell.stdout, [title, ...graphLines(jobs, paint)])
  return EXIT.success
}

/** What a dispatcher would add: the first run of this workflow, triggered now by who asks. */
function originOf(shell: Shell, event: string): PlanOrigin {
  const actor = shell.env['USER'] ?? 'local'
  return {
    run: 1,
    runNumber: 1,
    provenance: { kind: 'uploaded', by: actor },
    trust: { event, actor, fork: false, protectedRef: false, workflowFrom: 'head' },
    createdAtMs: shell.clock.nowMs(),
  }
}
