/**
 * The inputs of `workflow_dispatch`: checked against what the workflow declares, typed for the `inputs` context. Source of the rules: GitHub's
 * documentation, "on.workflow_dispatch.inputs".
 */
import type { Parsed, Problem } from './error.ts'
import { toText } from './expression.ts'
import { isMapping, type Template, type Value } from './template.ts'
import type { EventTrigger, Workflow } from './workflow.ts'

/** Typed, by the name the workflow declares. */
export type Inputs = { readonly [name: string]: Value }

interface Declared {
  readonly name: string
  readonly type: string
  readonly required: boolean
  readonly fallback: Template | undefined
  readonly options: readonly string[]
}

/** All mistakes at once, each at the event's place in the file. Names are matched without case and answered as declared. */
export function checkInputs(workflow: Workflow, event: string, given: Inputs): Parsed<Inputs> {
  const trigger = workflow.on.find((candidate) => candidate.event === 'workflow_dispatch')
  if (event !== 'workflow_dispatch' || trigger === undefined) return noInputs(workflow, event, given, trigger)
  const declared = declaredInputs(trigger)
  const problems: Problem[] = []
  const complain = (message: string, remedy: string): void => {
    problems.push(problemAt(workflow, trigger, message, remedy))
  }
  for (const name of Object.keys(given)) {
    if (!declared.some((input) => sameName(input.name, name))) {
      complain(`\`${name}\` is not an input of the workflow`, remedyOf(declared))
    }
  }
  const values = declared.map((input): [string, Value] => {
    const [, value] = Object.entries(given).find(([name]) => sameName(name, input.name)) ?? []
    const typed = value === undefined ? fallbackOf(input) : typedValue(input, value)
    if (!typed.ok) complain(typed.message, typed.remedy)
    return [input.name, typed.ok ? typed.value : null]
  })
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: Object.fromEntries(values) }
}

function noInputs(workflow: Workflow, event: string, given: Inputs, trigger: EventTrigger | undefined): Parsed<Inputs> {
  if (Object.keys(given).length === 0) return { ok: true, value: {} }
  const message =
    event === 'workflow_dispatch'
      ? 'inputs were given, but the workflow is not for workflow_dispatch'
      : `inputs were given, but the event is ${event}`
  const remedy =
    event === 'workflow_dispatch' ? 'add workflow_dispatch with inputs to `on`' : 'only workflow_dispatch has inputs'
  return { ok: false, problems: [problemAt(workflow, trigger, message, remedy)] }
}

function problemAt(workflow: Workflow, trigger: EventTrigger | undefined, message: string, remedy: string): Problem {
  const [line, column] = trigger?.at ?? [0, 0]
  return { file: workflow.file, line, column, message, remedy }
}

function sameName(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase()
}

function remedyOf(declared: readonly Declared[]): string {
  return declared.length === 0 ? 'it has none' : `it has ${declared.map(({ name }) => name).join(', ')}`
}

type Typed =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly message: string; readonly remedy: string }

/** What is neither given nor has a default: false, 0 or the empty text. */
function fallbackOf(input: Declared): Typed {
  if (input.fallback !== undefined && input.fallback !== null) {
    return typedValue(input, isScalar(input.fallback) ? input.fallback : null)
  }
  if (input.required) {
    return {
      ok: false,
      message: `the input \`${input.name}\` is required`,
      remedy: `give it with --input ${input.name}=…`,
    }
  }
  if (input.type === 'boolean') return { ok: true, value: false }
  return { ok: true, value: input.type === 'number' ? 0 : '' }
}

/** Types other than those below are text: string, environment. A message never repeats the value. */
function typedValue(input: Declared, value: Value): Typed {
  const text = isScalar(value) ? toText(value) : undefined
  const wrong = (what: string): Typed => ({
    ok: false,
    message: `the input \`${input.name}\` is not ${what}`,
    remedy: `give ${what}`,
  })
  if (text === undefined) return wrong('text')
  switch (input.type) {
    case 'boolean':
      return text === 'true' || text === 'false' ? { ok: true, value: text === 'true' } : wrong('true or false')
    case 'number':
      return text.trim() !== '' && Number.isFinite(Number(text)) ? { ok: true, value: Number(text) } : wrong('a number')
    case 'choice':
      return input.options.includes(text) ? { ok: true, value: text } : wrong(`one of ${input.options.join(', ')}`)
  }
  return { ok: true, value: text }
}

function declaredInputs(trigger: EventTrigger): readonly Declared[] {
  return entries(child(trigger.config, 'inputs')).map(([name, config]): Declared => {
    const type = child(config, 'type')
    const options = child(config, 'options')
    return {
      name,
      type: typeof type === 'string' ? type : 'string',
      required: child(config, 'required') === true,
      fallback: child(config, 'default'),
      options: Array.isArray(options) ? options.filter(isScalar).map(toText) : [],
    }
  })
}

function child(template: Template | undefined, key: string): Template | undefined {
  return entries(template).find(([name]) => name === key)?.[1]
}

function entries(template: Template | undefined): readonly (readonly [string, Template])[] {
  if (!isMapping(template)) return []
  return template.map.flatMap(([key, value]) => (typeof key === 'string' ? [[key, value] as const] : []))
}

function isScalar(value: Template | Value): value is null | boolean | number | string {
  return typeof value !== 'object' || value === null
}
