/**
 * A value of a workflow file that may hold expressions, as plain JSON: what crosses from the parser to the planner and,
 * inside a job message, to the agent. Evaluated by `shared/expression.ts`.
 */

/** Where something stands in its file; both 1-based. */
export type Place = readonly [line: number, column: number]

/** `${{ expr }}`. Text around expressions is already folded in as `format('… {0}', expr)`. */
export interface Expression {
  readonly expr: string
  readonly at: Place
}

/** Entries in the order of the file; keys may be expressions. `${{ insert }}` is a key with `expr: 'insert'`. */
export interface MappingTemplate {
  readonly map: readonly (readonly [key: string | Expression, value: Template])[]
}

/** What stands in a file at one place. */
export type Template = null | boolean | number | string | Expression | MappingTemplate | readonly Template[]

/** A value without expressions: what a template evaluates to, and what contexts are made of. */
export type Value = null | boolean | number | string | readonly Value[] | { readonly [key: string]: Value }

/** Whether the whole template is one expression. */
export function isExpression(template: Template | undefined): template is Expression {
  return typeof template === 'object' && template !== null && 'expr' in template
}

/** Whether it is a mapping; its entries may hold expressions. */
export function isMapping(template: Template | undefined): template is MappingTemplate {
  return typeof template === 'object' && template !== null && Object.hasOwn(template, 'map')
}
