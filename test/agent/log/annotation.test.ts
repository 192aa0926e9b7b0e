import assert from 'node:assert/strict'
import { test } from 'node:test'
import { annotationOf, finishAnnotation, insideWorkspace } from '../../../agent/log/annotation.ts'
import { createMasks } from '../../../agent/log/mask.ts'

const place = (properties: { readonly [name: string]: string }): unknown => {
  const { level, message, ...rest } = annotationOf(
    'error',
    new Map(Object.entries(properties)),
    'm',
    '/github/workspace',
  )
  assert.deepEqual([level, message], ['error', 'm'])
  return rest
}

test('a place is kept as it was given', () => {
  assert.deepEqual(place({ file: 'a.ts', line: '3', endline: '3', col: '5', endcolumn: '9', title: 't' }), {
    file: 'a.ts',
    title: 't',
    line: 3,
    endLine: 3,
    column: 5,
    endColumn: 9,
  })
})

test('lines and columns that do not fit together are repaired', () => {
  const rows: readonly (readonly [string, { readonly [name: string]: string }, object])[] = [
    ['an end without a start is the start too', { endline: '4' }, { line: 4, endLine: 4 }],
    ['the same for columns', { line: '1', endcolumn: '4' }, { line: 1, column: 4, endColumn: 4 }],
    ['columns without a line go', { col: '2', endcolumn: '4' }, {}],
    ['columns over several lines go', { line: '1', endline: '2', col: '2', endcolumn: '4' }, { line: 1, endLine: 2 }],
    ['an end before its start takes both away', { line: '5', endline: '2' }, {}],
    ['the same for columns', { line: '5', col: '4', endcolumn: '2' }, { line: 5 }],
    ['what is no number is nothing', { line: 'x', col: '1' }, {}],
    ['nor is one over 32 bits', { line: '2147483648' }, {}],
  ]
  for (const [name, given, expected] of rows) assert.deepEqual(place(given), expected, name)
})

test('a file below the workspace is made relative to it, others stay', () => {
  assert.deepEqual(place({ file: '/github/workspace/src/a.ts' }), { file: 'src/a.ts' })
  assert.deepEqual(place({ file: '/github/workspaces/a.ts' }), { file: '/github/workspaces/a.ts' })
  assert.deepEqual(place({ file: '' }), {})
})

test('masks come before the cut at 4,096 characters', () => {
  const mask = createMasks(['a-secret']).mask
  const finished = finishAnnotation(
    { level: 'error', message: `${'x'.repeat(4_090)}a-secret`, title: 'a-secret' },
    mask,
  )
  assert.deepEqual([finished.message, finished.title], [`${'x'.repeat(4_090)}***`, '***'])
  assert.equal(finishAnnotation({ level: 'error', message: 'y'.repeat(5_000) }, mask).message.length, 4_096)
})

test('a file a tool names is found from its project or from the workspace', () => {
  const rows: readonly (readonly [string, string | undefined, string | undefined])[] = [
    ['src/a.cs', undefined, 'src/a.cs'],
    ['a.cs', '/w/project/p.csproj', 'project/a.cs'],
    ['../a.cs', 'project/p.csproj', 'a.cs'],
    ['/w/src/../a.cs', undefined, 'a.cs'],
    ['/elsewhere/a.cs', undefined, undefined],
    ['../a.cs', undefined, undefined],
    ['..a.cs', undefined, '..a.cs'],
  ]
  for (const [file, fromPath, expected] of rows) assert.equal(insideWorkspace('/w', file, fromPath), expected, file)
})
