import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import {
  evaluate,
  evaluateBoolean,
  evaluateCondition,
  evaluateMapping,
  evaluateNumber,
  evaluateText,
  isTruthy,
  type Scope,
  toText,
} from '../../shared/expression.ts'
import type { Template, Value } from '../../shared/template.ts'
import { at, expression, scope } from './scope.ts'

describe('as text', () => {
  const rows: readonly (readonly [value: Value, text: string])[] = [
    [null, ''],
    [true, 'true'],
    [false, 'false'],
    [0, '0'],
    [-0, '0'],
    [1.5, '1.5'],
    [0.1 + 0.2, '0.3'],
    [1 / 3, '0.333333333333333'],
    [123456789012345, '123456789012345'],
    [1234567890123456, '1.23456789012346E+15'],
    [1e21, '1E+21'],
    [0.0001, '0.0001'],
    [0.00001, '1E-05'],
    [-1.5e-7, '-1.5E-07'],
    [Number.NaN, 'NaN'],
    [Number.NEGATIVE_INFINITY, '-Infinity'],
    [[1], 'Array'],
    [{ a: 1 }, 'Object'],
  ]
  for (const [value, text] of rows)
    test(`${JSON.stringify(value)} is '${text}'`, () => assert.equal(toText(value), text))
})

test('false, 0, -0, NaN, empty text and null are false, all else is true', () => {
  for (const value of [false, 0, -0, Number.NaN, '', null]) assert.equal(isTruthy(value), false)
  for (const value of [true, 1, -1, '0', 'false', [], {}]) assert.equal(isTruthy(value), true)
})

describe('failures', () => {
  const rows: readonly (readonly [expr: string, message: RegExp])[] = [
    ["fromJSON('')", /was given an empty text/],
    ["fromJSON('{')", /was given a text that is not JSON/],
    ["format('{1}', 'a')", /names argument \{1\}/],
    ["format('{', 'a')", /brace/],
    ["format('a}', 'a')", /brace/],
    ["format('{x}', 'a')", /brace/],
    ["case('yes', 1, 2)", /neither true nor false/],
    ['runner.os', /`runner` is not available here/],
    ['nothing.x', /`nothing` is not available here/],
    ['nothing()', /`nothing\(\)` is not available here/],
    ['constructor()', /`constructor\(\)` is not available here/],
    ['1 +', /unexpected/],
    ['(1', /ends too early/],
    ['', /empty/],
    [`'${'x'.repeat(21_000)}'`, /21002 characters, 21000 are allowed/],
    [`${'('.repeat(51)}1${')'.repeat(51)}`, /nested more than 50 deep/],
  ]
  for (const [expr, message] of rows) {
    test(`${expr.slice(0, 40)} names itself, its place and the reason`, () => {
      const result = evaluate(expression(expr), scope)
      assert.ok(!result.ok)
      assert.match(result.message, message)
      assert.ok(result.message.startsWith(`\${{ ${expr.slice(0, 20)}`), result.message)
      assert.deepEqual(result.at, at)
      assert.ok(result.message.length < 300, 'a long expression is cut')
    })
  }

  test('no message repeats a value', () => {
    const wrong = [
      'fromJSON(secrets.TOKEN)',
      "format(format('{{{0}', secrets.TOKEN), 1)",
      "format(format('{{7}} {0}', secrets.TOKEN), 1)",
      'case(secrets.TOKEN, 1, 2)',
      'fromJSON(secrets.TOKEN).x[secrets.TOKEN]',
    ]
    for (const expr of wrong) {
      const result = evaluate(expression(expr), scope)
      assert.ok(!result.ok && !result.message.includes('s3cr3t'), expr)
    }
    const asNumber = evaluateNumber(expression('secrets.TOKEN'), scope)
    const asBoolean = evaluateBoolean(expression('secrets.TOKEN'), scope)
    const asMapping = evaluateMapping(expression('secrets.TOKEN'), scope)
    for (const result of [asNumber, asBoolean, asMapping]) assert.ok(!result.ok && !result.message.includes('s3cr3t'))
  })

  test('functions that the scope has not are not available', () => {
    const bare: Scope = { contexts: {} }
    for (const expr of ['success()', 'always()', "hashFiles('a')"]) {
      const result = evaluate(expression(expr), bare)
      assert.ok(!result.ok && /not available here/.test(result.message))
    }
  })

  test('what hashFiles throws passes through', () => {
    const failing: Scope = { contexts: {}, hashFiles: () => assert.fail('asked') }
    assert.throws(() => evaluate(expression("hashFiles('a')"), failing), /asked/)
  })
})

describe('templates', () => {
  test('mappings and lists are evaluated in depth, and keys too', () => {
    const template: Template = {
      map: [
        ['a', [1, expression('matrix.node')]],
        [expression('matrix.os'), { map: [['b', expression('inputs')]] }],
      ],
    }
    assert.deepEqual(evaluate(template, scope), { ok: true, value: { a: [1, 20], Linux: { b: null } } })
  })

  test('insert merges a mapping, null inserts nothing, and the order of the file is kept', () => {
    const template: Template = {
      map: [
        ['first', 1],
        [expression('insert'), expression('github.event.labels')],
        [expression('insert'), expression('inputs')],
        ['last', 2],
      ],
    }
    const result = evaluate(template, scope)
    assert.deepEqual(result.ok && Object.keys(result.value ?? {}), ['first', 'one', 'two', 'last'])
  })

  test('insert of anything but a mapping is a failure', () => {
    const result = evaluate({ map: [[expression('insert'), 'text']] }, scope)
    assert.deepEqual(result, { ok: false, message: '${{ insert }} needs a mapping as its value', at })
  })

  test('a key called __proto__ is a key like any other', () => {
    const result = evaluate({ map: [['__proto__', 1]] }, scope)
    assert.deepEqual(result.ok && Object.entries(result.value ?? {}), [['__proto__', 1]])
  })
})

describe('evaluateText', () => {
  test('absent is empty, scalars are coerced', () => {
    assert.deepEqual(evaluateText(undefined, scope), { ok: true, value: '' })
    assert.deepEqual(evaluateText(expression('matrix.node'), scope), { ok: true, value: '20' })
    assert.deepEqual(evaluateText(true, scope), { ok: true, value: 'true' })
  })

  test('a mapping or list where text is expected is a failure', () => {
    const mapping = evaluateText(expression('github'), scope)
    const list = evaluateText(expression('matrix.list'), scope)
    assert.match(mapping.ok ? '' : mapping.message, /is a mapping where text is expected/)
    assert.match(list.ok ? '' : list.message, /is a sequence where text is expected/)
  })
})

describe('evaluateBoolean and evaluateNumber', () => {
  test('true and false come as such or as text, absent is false', () => {
    const rows: readonly (readonly [Template | undefined, boolean])[] = [
      [undefined, false],
      [true, true],
      ['false', false],
      [expression("matrix.os == 'linux'"), true],
      [expression('env.TRUE'), true],
    ]
    for (const [template, value] of rows) assert.deepEqual(evaluateBoolean(template, scope), { ok: true, value })
  })

  test('anything else is no boolean', () => {
    for (const expr of ['1', "''", 'null', "'yes'"]) {
      assert.deepEqual(evaluateBoolean(expression(expr), scope), {
        ok: false,
        message: `\${{ ${expr} }} must be true or false`,
        at,
      })
    }
  })

  test('numbers come as such or as text, absent stays absent', () => {
    const rows: readonly (readonly [Template | undefined, number | undefined])[] = [
      [undefined, undefined],
      [1.5, 1.5],
      ['30', 30],
      [expression('matrix.node'), 20],
      [expression("'0x10'"), 16],
    ]
    for (const [template, value] of rows) assert.deepEqual(evaluateNumber(template, scope), { ok: true, value })
  })

  test('what is no finite number is a failure', () => {
    for (const expr of ["'soon'", "''", "' '", 'null', 'true', 'NaN', 'Infinity', 'matrix']) {
      assert.equal(evaluateNumber(expression(expr), scope).ok, false, expr)
    }
  })
})

describe('evaluateMapping', () => {
  const entries = (template: Template | undefined) => {
    const result = evaluateMapping(template, scope)
    assert.ok(result.ok, result.ok ? '' : result.message)
    return [...result.value]
  }

  test('values become text in the order of the file', () => {
    const template: Template = {
      map: [
        ['2', expression('matrix.node')],
        ['1', true],
        ['NOTHING', null],
        [expression('insert'), expression('env')],
      ],
    }
    assert.deepEqual(entries(template).slice(0, 4), [
      ['2', '20'],
      ['1', 'true'],
      ['NOTHING', ''],
      ['PATH', 'upper'],
    ])
  })

  test('a whole mapping may come from an expression; absent and null are empty', () => {
    assert.deepEqual(entries(expression('fromJSON(\'{"A": 1, "B": null}\')')), [
      ['A', '1'],
      ['B', ''],
    ])
    assert.deepEqual(entries(undefined), [])
    assert.deepEqual(entries(expression('inputs')), [])
  })

  test('text, lists and nested mappings are failures', () => {
    for (const template of [expression("'a'"), expression('matrix.list'), expression('github'), ['a']]) {
      assert.equal(evaluateMapping(template, scope).ok, false)
    }
    assert.equal(evaluateMapping({ map: [['A', expression('github')]] }, scope).ok, false)
  })
})

describe('conditions', () => {
  const failed: Scope = {
    contexts: scope.contexts,
    status: { success: () => false, failure: () => true, cancelled: () => false },
  }
  const rows: readonly (readonly [
    title: string,
    condition: string | undefined,
    whenFine: boolean,
    whenFailed: boolean,
  ])[] = [
    ['absent is success()', undefined, true, false],
    ['empty is success()', '', true, false],
    ['blank is success()', '  ', true, false],
    ['without a status function success() is added', "matrix.os == 'linux'", true, false],
    ['what is false stays false', 'false', false, false],
    ['always() stands alone', 'always()', true, true],
    ['failure() stands alone', 'failure()', false, true],
    ['a status function anywhere counts', "matrix.os == 'linux' && !Cancelled()", true, true],
    ['a status function in an argument counts', "contains('true', failure())", false, true],
    ['a status function that is not reached counts', 'true || success()', true, true],
    ['the name of one in a text does not count', "contains('always()', 'a')", true, false],
    ['a property of that name does not count', 'github.always == null', true, false],
    ['text is true unless empty', "'false'", true, false],
    ['parts of an or stay together', 'false || true', true, false],
  ]
  for (const [title, condition, whenFine, whenFailed] of rows) {
    test(title, () => {
      const written = condition === undefined ? undefined : expression(condition)
      assert.deepEqual(evaluateCondition(written, scope), { ok: true, value: whenFine })
      assert.deepEqual(evaluateCondition(written, failed), { ok: true, value: whenFailed })
    })
  }

  test('a mistake is a failure even when success() is false', () => {
    assert.equal(evaluateCondition(expression('nothing.x'), failed).ok, false)
  })

  test('without a status it is taken as it is', () => {
    const bare: Scope = { contexts: {} }
    assert.deepEqual(evaluateCondition(undefined, bare), { ok: true, value: true })
    assert.deepEqual(evaluateCondition(expression('1 == 2'), bare), { ok: true, value: false })
  })
})

describe('for every value', () => {
  /** JSON without numbers that JSON cannot hold. */
  const value = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Value>

  test('toJSON and fromJSON give it back', () => {
    fc.assert(
      fc.property(value, (given) => {
        const result = evaluate(expression('fromJSON(toJSON(inputs))'), { contexts: { inputs: given } })
        assert.deepEqual(result, { ok: true, value: JSON.parse(JSON.stringify(given)) })
      }),
    )
  })

  test('text in quotes comes out as it went in, through format too', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const literal = `'${text.replaceAll("'", "''")}'`
        assert.deepEqual(evaluate(expression(literal), scope), { ok: true, value: text })
        const pattern = literal.replaceAll('{', '{{').replaceAll('}', '}}')
        assert.deepEqual(evaluate(expression(`format(${pattern})`), scope), { ok: true, value: text })
      }),
    )
  })

  test('any text at all is an expression or a failure, never thrown at', () => {
    const words = fc.constantFrom(
      'github',
      'env',
      '.',
      '*',
      '(',
      ')',
      '[',
      ']',
      ',',
      "'a'",
      '1',
      '&&',
      '==',
      '!',
      'fromJSON',
      'case',
      ' ',
    )
    const texts = fc.oneof(
      fc.string(),
      fc.array(words).map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(texts, (text) => assert.equal(typeof evaluate(expression(text), scope).ok, 'boolean')),
      { numRuns: 1000 },
    )
  })
})
