import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { formatProblem, type Problem } from '../../shared/error.ts'
import { EXPRESSION_LENGTH_MAX, WORKFLOW_CHARACTERS_MAX, WORKFLOW_DEPTH_MAX } from '../../shared/limit.ts'
import { parseWorkflow } from '../../shared/parse.ts'
import type { Workflow } from '../../shared/workflow.ts'

const HELLO = `on: push
jobs:
  hello:
    runs-on: ubuntu-latest
    steps:
      - run: echo hello
`

function problemsOf(text: string): readonly Problem[] {
  const parsed = parseWorkflow('w.yml', text)
  return parsed.ok ? [] : parsed.problems
}

function printed(text: string): string[] {
  return problemsOf(text).map(formatProblem)
}

function workflowOf(text: string): Workflow {
  const parsed = parseWorkflow('w.yml', text)
  assert.ok(parsed.ok, printed(text).join('\n'))
  return parsed.value
}

describe('limits', () => {
  test('a file of more than a million characters is refused unread', () => {
    assert.equal(problemsOf(`${HELLO}#${'x'.repeat(WORKFLOW_CHARACTERS_MAX - HELLO.length - 1)}`).length, 0)
    const [problem, ...others] = problemsOf(`${HELLO}#${'x'.repeat(WORKFLOW_CHARACTERS_MAX)}`)
    assert.match(problem?.message ?? '', /1048576 are allowed/)
    assert.equal(others.length, 0)
  })

  test('aliases that would become ten billion values are stopped', { timeout: 10_000 }, () => {
    const levels = Array.from({ length: 10 }, (_, level) => {
      const item = level === 0 ? 'x' : `*a${level - 1}`
      return `a${level}: &a${level} [${Array(10).fill(item).join(', ')}]\n`
    })
    assert.ok(printed(levels.join('') + HELLO).some((line) => /more than 200000 values/.test(line)))
  })

  test('ten thousand aliases do not walk the document ten thousand times', { timeout: 10_000 }, () => {
    const list = Array(10_000).fill('*x').join(', ')
    assert.equal(
      problemsOf(
        `env: { A: &x text }\n${HELLO.replace('steps:', `strategy: { matrix: { include: [{ a: [${list}] }] } }\n    steps:`)}`,
      ).length,
      0,
    )
  })

  for (const depth of [WORKFLOW_DEPTH_MAX + 1, 100_000]) {
    test(`lists nested ${depth} deep are refused`, { timeout: 30_000 }, () => {
      const nested = `${'['.repeat(depth)}1${']'.repeat(depth)}`
      assert.ok(printed(HELLO.replace('push', nested)).some((line) => /nested/.test(line)))
    })
  }

  test('an expression of more than 21,000 characters is refused, and so is a long text around a short one', () => {
    const long = HELLO.replace('echo hello', `echo \${{ '${'x'.repeat(EXPRESSION_LENGTH_MAX)}' }}`)
    assert.deepEqual(printed(long), [
      'w.yml:6:19: the expression has 21002 characters, 21000 are allowed (split it, or move the text into a file or an environment variable)',
    ])
    const text = HELLO.replace(
      'echo hello',
      `|\n          ${'x'.repeat(EXPRESSION_LENGTH_MAX)}\n          \${{ github.ref }}`,
    )
    assert.match(printed(text).join(), /text with expressions: the expression has 21\d+ characters.*give the values/)
    assert.equal(problemsOf(text.replace('${{ github.ref }}', '$REF')).length, 0, 'a long script alone is fine')
  })

  test('a text of more than 254 expressions is refused, as format takes no more', () => {
    const many = (count: number) => HELLO.replace('echo hello', `echo ${'${{ github.ref }}'.repeat(count)}`)
    assert.equal(problemsOf(many(254)).length, 0)
    assert.match(printed(many(255)).join(), /too many arguments/)
  })

  test('500 steps are read', () => {
    const steps = "      - run: echo ${{ github.ref }}\n        if: github.ref != ''\n".repeat(500)
    const [job] = workflowOf(HELLO + steps).jobs
    assert.equal(job?.steps.length, 501)
    assert.equal(job?.steps.at(-1)?.id, '__run_501')
  })
})

describe('places', () => {
  test('are those of the file in block texts, with Windows line ends, and after a byte order mark', () => {
    const text = HELLO.replace('echo hello', '|\n          echo one\n          echo ${{ nothing.x }}')
    const [problem] = problemsOf(text)
    assert.deepEqual([problem?.line, problem?.column], [8, 20])
    const [windows] = problemsOf(text.replaceAll('\n', '\r\n'))
    assert.deepEqual([windows?.line, windows?.column], [8, 20])
    const [marked] = problemsOf(`\uFEFF${text}`)
    assert.deepEqual([marked?.line, marked?.column], [8, 20])
  })

  test('of a mistake that aliases repeat is told once', () => {
    const text = HELLO.replace('- run: echo hello', '- &step { run: "${{ nothing.x }}" }\n      - *step\n      - *step')
    assert.deepEqual(printed(text).length, 1)
  })
})

describe('the model', () => {
  test('is plain JSON', () => {
    const golden = join(import.meta.dirname, '../golden/valid')
    for (const name of globSync('*.yml', { cwd: golden })) {
      const workflow = workflowOf(readFileSync(join(golden, name), 'utf8'))
      assert.deepEqual(JSON.parse(JSON.stringify(workflow)), workflow, name)
    }
  })

  test('of this repository is without problems', () => {
    const root = join(import.meta.dirname, '../..')
    for (const file of globSync('{examples,.github/workflows}/*.yml', { cwd: root })) {
      const parsed = parseWorkflow(file, readFileSync(join(root, file), 'utf8'))
      assert.ok(parsed.ok, parsed.ok ? '' : parsed.problems.map(formatProblem).join('\n'))
    }
  })
})

describe('for every file', () => {
  const sources = globSync(join(import.meta.dirname, '../golden/*/*.yml')).map((file) => readFileSync(file, 'utf8'))
  const pieces = fc.constantFrom(
    '${{',
    '}}',
    "'",
    '"',
    ': ',
    '- ',
    '&a ',
    '*a',
    '[',
    '{',
    '\n',
    '\t',
    '  ',
    '#',
    '|',
    '~',
    '__proto__: x\n',
    'constructor: x\n',
    '? ',
    '<<: *a',
    '!!set',
    '!!binary ',
    '0x',
    '\u0000',
    '\uD800',
  )
  /** A golden file with some pieces put in and some characters taken out. */
  const broken = fc
    .record({
      source: fc.constantFrom(...sources),
      edits: fc.array(fc.record({ where: fc.nat(), take: fc.nat({ max: 12 }), put: pieces }), {
        minLength: 1,
        maxLength: 4,
      }),
    })
    .map(({ source, edits }) =>
      edits.reduce((text, { where, take, put }) => {
        const start = where % (text.length + 1)
        return text.slice(0, start) + put + text.slice(start + take)
      }, source),
    )

  test('there is a workflow or problems, each with a place and a remedy, and nothing is thrown', () => {
    fc.assert(
      fc.property(broken, (text) => {
        for (const problem of problemsOf(text)) {
          assert.ok(problem.line >= 1 && problem.column >= 1, `${formatProblem(problem)}\n${text}`)
          assert.notEqual(problem.remedy, '')
        }
      }),
      { numRuns: 2000 },
    )
  })
})
