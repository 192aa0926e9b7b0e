/**
 * Golden files: `test/golden/valid/*.yml` become the model beside them, `test/golden/invalid/*.yml` the problems beside them, one a line as
 * `longshore check` prints them. After a change that is meant: UPDATE_GOLDEN=1, and read the difference.
 */
import assert from 'node:assert/strict'
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import type { Parsed } from '../../shared/error.ts'
import { formatProblem } from '../../shared/error.ts'
import { parseWorkflow } from '../../shared/parse.ts'
import type { Workflow } from '../../shared/workflow.ts'

const golden = join(import.meta.dirname, '../golden')

for (const name of namesIn('valid')) {
  test(`the workflow ${name} becomes its model`, () => {
    compare('valid', name, modelOf(parse('valid', name)))
  })
}

for (const name of namesIn('invalid')) {
  test(`the workflow ${name} has its problems, each with place and remedy`, () => {
    const parsed = parse('invalid', name)
    const problems = parsed.ok ? [] : parsed.problems
    assert.notEqual(problems.length, 0)
    for (const problem of problems) {
      assert.ok(problem.line >= 1 && problem.column >= 1, formatProblem(problem))
      assert.notEqual(problem.remedy, '', formatProblem(problem))
    }
    compare('invalid', name, problems.map((problem) => `${formatProblem(problem)}\n`).join(''))
  })
}

function namesIn(kind: string): string[] {
  return globSync('*.yml', { cwd: join(golden, kind) }).sort()
}

function parse(kind: string, name: string): Parsed<Workflow> {
  return parseWorkflow(name, readFileSync(join(golden, kind, name), 'utf8'))
}

/** One line per job and step, so that a difference is read at a glance. */
function modelOf(parsed: Parsed<Workflow>): string {
  if (!parsed.ok) return parsed.problems.map((problem) => `${formatProblem(problem)}\n`).join('')
  const { jobs, ...workflow } = parsed.value
  const lines = jobs.flatMap(({ steps, ...job }) => [
    `job ${JSON.stringify(job)}`,
    ...steps.map((step) => `  step ${JSON.stringify(step)}`),
  ])
  return [`workflow ${JSON.stringify(workflow)}`, ...lines, ''].join('\n')
}

function compare(kind: string, name: string, actual: string): void {
  const file = join(golden, kind, `${basename(name, '.yml')}.expected`)
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(file, actual)
  assert.equal(actual, readFileSync(file, 'utf8'))
}
