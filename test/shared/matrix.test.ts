import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { MATRIX_LEGS_MAX } from '../../shared/limit.ts'
import { expandMatrix, legName } from '../../shared/matrix.ts'
import type { Value } from '../../shared/template.ts'

/** The legs' values; fails the test when the matrix was refused. */
function legsOf(matrix: Value): { readonly [key: string]: Value }[] {
  const expanded = expandMatrix(matrix)
  assert.ok(expanded.ok, expanded.ok ? '' : expanded.message)
  assert.deepEqual(
    expanded.legs.map((leg) => leg.index),
    expanded.legs.map((_, index) => index),
  )
  return expanded.legs.map((leg) => leg.values)
}

function namesOf(matrix: Value, job = 'test'): string[] {
  const expanded = expandMatrix(matrix)
  return expanded.ok ? expanded.legs.map((leg) => legName(job, leg)) : []
}

describe('legs', () => {
  test('the last key changes fastest', () => {
    assert.deepEqual(legsOf({ os: ['a', 'b'], node: [1, 2] }), [
      { os: 'a', node: 1 },
      { os: 'a', node: 2 },
      { os: 'b', node: 1 },
      { os: 'b', node: 2 },
    ])
  })

  test('values are of any type', () => {
    const values = [null, true, 1.5, 'text', [1], { a: [2] }]
    assert.deepEqual(
      legsOf({ value: values }).map((leg) => leg['value']),
      values,
    )
  })

  test('exclude removes what agrees with all of its keys, compared as == does', () => {
    const matrix = {
      os: ['Linux', 'mac'],
      node: [20, '22'],
      exclude: [
        { os: 'linux', node: '20' },
        { NODE: 22, os: 'mac' },
      ],
    }
    assert.deepEqual(legsOf(matrix), [
      { os: 'Linux', node: '22' },
      { os: 'mac', node: 20 },
    ])
  })

  test('exclude looks into mappings and lists', () => {
    const matrix = {
      target: [
        { os: 'linux', tags: ['a', 'b'] },
        { os: 'linux', tags: ['a', 'c'] },
      ],
    }
    assert.deepEqual(legsOf({ ...matrix, exclude: [{ target: { tags: ['a', 'c'] } }] }), [{ target: matrix.target[0] }])
  })

  test('include adds to every leg it contradicts in no key, and is a leg of its own where there is none', () => {
    // The example of GitHub's documentation, "Expanding or adding matrix configurations".
    const matrix = {
      fruit: ['apple', 'pear'],
      animal: ['cat', 'dog'],
      include: [
        { color: 'green' },
        { color: 'pink', animal: 'cat' },
        { fruit: 'apple', shape: 'circle' },
        { fruit: 'banana' },
        { fruit: 'banana', animal: 'cat' },
      ],
    }
    assert.deepEqual(legsOf(matrix), [
      { fruit: 'apple', animal: 'cat', color: 'pink', shape: 'circle' },
      { fruit: 'apple', animal: 'dog', color: 'green', shape: 'circle' },
      { fruit: 'pear', animal: 'cat', color: 'pink' },
      { fruit: 'pear', animal: 'dog', color: 'green' },
      { fruit: 'banana' },
      { fruit: 'banana', animal: 'cat' },
    ])
  })

  test('exclude comes before include: what it removed can be put back', () => {
    const matrix = { os: ['a', 'b'], exclude: [{ os: 'b' }], include: [{ os: 'b', again: true }] }
    assert.deepEqual(legsOf(matrix), [{ os: 'a' }, { os: 'b', again: true }])
  })

  test('include alone makes a matrix', () => {
    assert.deepEqual(legsOf({ include: [{ os: 'a' }, { os: 'a', node: 1 }, { node: 2 }] }), [
      { os: 'a' },
      { os: 'a', node: 1 },
      { node: 2 },
    ])
  })
})

describe('refused', () => {
  const many = Array.from({ length: 17 }, (_, index) => index)
  const rows: readonly [title: string, matrix: Value, message: RegExp][] = [
    ['a matrix that is text', 'linux', /not a mapping/],
    ['a matrix that is a list', [{ os: 'linux' }], /not a mapping/],
    ['a matrix that is null', null, /not a mapping/],
    ['an empty matrix', {}, /no combination/],
    ['a key without a list', { os: 'linux' }, /`os` of the matrix is not a list/],
    ['an empty list', { os: [], node: [1] }, /`os` of the matrix is an empty list/],
    ['a matrix of which everything is excluded', { os: ['a'], exclude: [{ os: 'a' }] }, /no combination/],
    ['an exclude of an unknown key', { os: ['a'], exclude: [{ arch: 'a' }] }, /names `arch`/],
    ['an empty exclude', { os: ['a'], exclude: [{}] }, /`exclude` has no values/],
    ['an empty include', { os: ['a'], include: [{}] }, /`include` has no values/],
    ['an include of text', { os: ['a'], include: ['b'] }, /`include` is not a mapping/],
    ['an include that is no list', { os: ['a'], include: { os: 'b' } }, /`include` of the matrix is not a list/],
    ['more than 256 legs', { a: many, b: many }, /289 combinations, 256 are allowed/],
    ['more than 256 legs by include', { include: Array.from({ length: 257 }, (_, n) => ({ n })) }, /257 combinations/],
    [
      'more combinations than can be looked at',
      { a: many, b: many, c: many, d: many, e: many },
      /1419857 combinations/,
    ],
  ]
  for (const [title, matrix, message] of rows) {
    test(title, () => {
      const expanded = expandMatrix(matrix)
      assert.ok(!expanded.ok)
      assert.match(expanded.message, message)
      assert.notEqual(expanded.remedy, '')
    })
  }

  test('exactly 256 legs are fine, and so are more that exclude brings down to it', () => {
    const sixteen = Array.from({ length: 16 }, (_, index) => index)
    assert.equal(legsOf({ a: sixteen, b: sixteen }).length, 256)
    assert.equal(legsOf({ a: many, b: sixteen, exclude: [{ a: 16 }] }).length, 256)
  })
})

describe('names', () => {
  const rows: readonly [title: string, matrix: Value, names: readonly string[]][] = [
    ['values stand in brackets in order', { node: [20], os: ['linux'] }, ['test (20, linux)']],
    [
      'true, false and numbers are shown as expressions show them',
      { a: [true], b: [1.5e15] },
      ['test (true, 1.5E+15)'],
    ],
    ['null and empty text leave no trace', { a: [null], b: [''], c: ['x'] }, ['test (x)']],
    ['what is inside mappings and lists is shown one by one', { a: [{ x: 1, y: [2, { z: 3 }] }] }, ['test (1, 2, 3)']],
    ['nothing to show leaves the name alone', { a: [null] }, ['test']],
    ['what include adds is left out', { a: [1], include: [{ extra: 'x' }] }, ['test (1)']],
    ['a leg of include alone shows all', { include: [{ a: 1, b: 2 }] }, ['test (1, 2)']],
  ]
  for (const [title, matrix, names] of rows) {
    test(title, () => assert.deepEqual(namesOf(matrix), names))
  }

  test('a name of more than 100 characters is cut and ends in dots', () => {
    const [name = ''] = namesOf({ a: ['x'.repeat(200)] })
    assert.equal(name.length, 100)
    assert.ok(name.endsWith('xxx...'))
  })
})

/** Small vectors of distinct values, so that legs can be told apart. */
const vectors = fc.dictionary(
  fc.constantFrom('os', 'node', 'arch'),
  fc.uniqueArray(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 4 }),
  { minKeys: 1, noNullPrototype: true },
)
/** `include` or `exclude` items over the same keys and one more. */
const items = (keys: readonly string[]) =>
  fc.array(
    fc.dictionary(fc.constantFrom(...keys), fc.integer({ min: 0, max: 5 }), { minKeys: 1, noNullPrototype: true }),
    { maxLength: 4 },
  )

describe('for every matrix', () => {
  test('without include all legs are distinct, in the order of the lists, and as many as the product', () => {
    fc.assert(
      fc.property(vectors, (matrix) => {
        const legs = legsOf(matrix)
        const lists = Object.values(matrix)
        assert.equal(
          legs.length,
          lists.reduce((product, list) => product * list.length, 1),
        )
        const ranks = legs.map((leg) =>
          Object.entries(matrix).reduce((rank, [key, list]) => rank * list.length + list.indexOf(Number(leg[key])), 0),
        )
        assert.deepEqual(ranks, [...ranks.keys()])
      }),
    )
  })

  test('no leg agrees with an exclude, and every other combination is there', () => {
    fc.assert(
      fc.property(
        vectors.chain((matrix) => fc.tuple(fc.constant(matrix), items(Object.keys(matrix)))),
        ([matrix, exclude]) => {
          const agrees = (leg: { readonly [key: string]: Value }) =>
            exclude.some((filter) => Object.entries(filter).every(([key, value]) => leg[key] === value))
          const kept = legsOf(matrix).filter((leg) => !agrees(leg))
          const expanded = expandMatrix({ ...matrix, exclude })
          assert.deepEqual(expanded.ok ? expanded.legs.map((leg) => leg.values) : [], kept)
        },
      ),
    )
  })

  test('include never changes a value of the lists, never removes a leg, and adds at most one leg each', () => {
    fc.assert(
      fc.property(vectors, items(['os', 'node', 'arch', 'extra']), (matrix, include) => {
        const before = legsOf(matrix)
        const after = legsOf({ ...matrix, include })
        for (const [index, leg] of before.entries()) {
          for (const [key, value] of Object.entries(leg)) assert.equal(after[index]?.[key], value)
        }
        assert.ok(after.length <= before.length + include.length)
      }),
    )
  })

  test('there are never more than 256 legs, and never none', () => {
    const lists = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.array(fc.integer(), { maxLength: 20 }))
    fc.assert(
      fc.property(lists, (matrix) => {
        const expanded = expandMatrix(matrix)
        if (expanded.ok) assert.ok(expanded.legs.length >= 1 && expanded.legs.length <= MATRIX_LEGS_MAX)
      }),
    )
  })

  test('any value at all is expanded or refused, never thrown at', () => {
    fc.assert(fc.property(fc.jsonValue(), (matrix) => assert.equal(typeof expandMatrix(matrix as Value).ok, 'boolean')))
  })
})
