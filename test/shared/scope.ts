/** A scope with something in every context, for the tests of expressions. */
import type { Scope } from '../../shared/expression.ts'
import type { Expression, Place } from '../../shared/template.ts'

/** Where the expressions of these tests stand. */
export const at: Place = [3, 7]

export function expression(expr: string): Expression {
  return { expr, at }
}

/** Every context an expression of these tests may name. */
export const scope: Scope = {
  contexts: {
    github: {
      ref: 'refs/heads/main',
      event: {
        commits: [{ id: 'a', author: { name: 'Ada' } }, { id: 'b', author: { name: 'Bob' } }, { noId: true }],
        labels: { one: { name: 'x' }, two: { name: 'y' } },
        number: 1234567,
      },
    },
    env: { PATH: 'upper', path: 'lower', 'with-dash': 'dash', TRUE: 'true' },
    steps: { build: { outputs: { 'the-version': '1.2' }, outcome: 'success' }, constructor: { outcome: 'kept' } },
    matrix: { os: 'Linux', node: 20, list: [1, 'two', null, [3]], empty: [] },
    secrets: { TOKEN: 's3cr3t' },
    inputs: null,
  },
  status: { success: (jobs) => jobs.length === 0, failure: (jobs) => jobs.includes('b'), cancelled: () => false },
  hashFiles: (patterns) => `hash of ${patterns.join(' ')}`,
}
