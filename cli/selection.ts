/** Which workflows a command means, and by which event. Pure; the files are read in cli/files.ts. */
import type { Workflow } from '../shared/workflow.ts'
import { UsageError } from './exit.ts'

/** A workflow file that was read. */
export interface WorkflowFile {
  /** Relative to the folder the command was started in. */
  readonly file: string
  readonly text: string
  /** Named by itself, and not found in a folder. */
  readonly named: boolean
}

/** A workflow that runs, and on which event. */
export interface Selected {
  readonly file: string
  readonly text: string
  readonly workflow: Workflow
  readonly event: string
}

/**
 * Of a folder, those whose `on` has the event; a file that is named must have it. Without `--event`: `push` for every workflow that has it; a
 * file that is named and does not have it goes by `workflow_dispatch`, else by its first event; a folder where nothing runs on `push` and
 * all files share one event goes by that.
 */
export function selectWorkflows(
  found: readonly { readonly source: WorkflowFile; readonly workflow: Workflow }[],
  event: string | undefined,
): Selected[] {
  const folderEvent =
    event ?? defaultOfFolder(found.filter(({ source }) => !source.named).map(({ workflow }) => workflow))
  const selected = found.flatMap(({ source, workflow }) => {
    const chosen = source.named ? (event ?? defaultEvent(workflow)) : folderEvent
    const fits = workflow.on.some((trigger) => trigger.event === chosen)
    if (!fits && source.named)
      throw new UsageError(`${source.file} does not run on ${chosen}: its \`on\` has ${eventsOf(workflow)}`)
    return fits ? [{ file: source.file, text: source.text, workflow, event: chosen }] : []
  })
  if (selected.length === 0) throw new UsageError(`no workflow here runs on ${folderEvent}: --event names another`)
  return selected
}

/** The event a single workflow is tried with. */
function defaultEvent(workflow: Workflow): string {
  const events = workflow.on.map((trigger) => trigger.event)
  return ['push', 'workflow_dispatch'].find((event) => events.includes(event)) ?? events[0] ?? 'push'
}

function defaultOfFolder(workflows: readonly Workflow[]): string {
  const events = new Set(workflows.flatMap((workflow) => workflow.on.map((trigger) => trigger.event)))
  const [only] = events
  return events.size === 1 && only !== undefined ? only : 'push'
}

function eventsOf(workflow: Workflow): string {
  return workflow.on.map((trigger) => trigger.event).join(', ')
}
