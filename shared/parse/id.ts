/** Ids of jobs and steps. Source: actions/runner WorkflowParser/Conversion/IdBuilder.cs. */
import type { TemplateToken } from '@actions/workflow-parser/templates/tokens/index'
import type { Problems } from './problems.ts'

/** An id must be shorter than this, in characters. */
const ID_LENGTH_MAX = 100

/** Says what is wrong with an id that was written by hand, besides being used twice. The schema refuses expressions. */
export function checkId(id: string, token: TemplateToken, kind: 'job' | 'step', problems: Problems): void {
  if (id.includes('${{')) return
  const article = kind === 'job' ? 'a job id' : 'a step id'
  if (!/^[A-Za-z_][A-Za-z0-9_-]*$/.test(id)) {
    problems.add(
      token,
      `\`${id}\` cannot be ${article}`,
      'start with a letter or _, go on with letters, digits, - and _',
    )
  } else if (id.length >= ID_LENGTH_MAX) {
    problems.add(token, `the ${kind} id has ${id.length} characters`, `use fewer than ${ID_LENGTH_MAX}`)
  } else if (id.startsWith('__')) {
    problems.add(token, `\`${id}\` cannot be ${article}: ids that start with __ are reserved`, 'take one _ or none')
  }
}

/**
 * Gives every step an id: its own, or `__run`, `__actions_checkout`, then `__run_2` and so on. Case is no difference.
 */
export class StepIds {
  readonly #taken = new Set<string>()
  /** The last number given to a name: 500 `run` steps do not look 500 times each. */
  readonly #numbers = new Map<string, number>()

  /** False when it is already taken. */
  take(id: string): boolean {
    const key = id.toLowerCase()
    const free = !this.#taken.has(key)
    this.#taken.add(key)
    return free
  }

  /** `name` is `run` or what the step uses, `actions/checkout`. */
  generate(name: string): string {
    const base = `__${name.replaceAll(/[^A-Za-z0-9_-]/g, '_')}`
    for (let number = (this.#numbers.get(base) ?? 0) + 1; ; number++) {
      this.#numbers.set(base, number)
      const suffix = number === 1 ? '' : `_${number}`
      const id = base.slice(0, ID_LENGTH_MAX - suffix.length) + suffix
      if (this.take(id)) return id
    }
  }
}
