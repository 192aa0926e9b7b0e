import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAssignments, parseSecrets } from '../../cli/assignment.ts'

test('a value may hold the divider, and the last of a name wins', () => {
  assert.deepEqual(parseAssignments('--input', ['a=1', 'b=x=y', 'a=2']), { a: '2', b: 'x=y' })
  assert.deepEqual(parseAssignments('--matrix', ['os:a:b'], ':'), { os: 'a:b' })
})

test('a bare --secret reads the environment', () => {
  assert.deepEqual(parseSecrets({ flags: ['TOKEN', 'KEY=v'], files: [], env: { TOKEN: 't' } }), {
    TOKEN: 't',
    KEY: 'v',
  })
})

test('no message repeats a value', () => {
  assert.throws(
    () => parseAssignments('--input', ['hunter2']),
    (error: Error) => !error.message.includes('hunter2'),
  )
  assert.throws(
    () => parseSecrets({ flags: ['=hunter2'], files: [], env: {} }),
    (error: Error) => !error.message.includes('hunter2'),
  )
  const files = [{ file: 's.env', text: 'A=1\nhunter2\n' }]
  assert.throws(() => parseSecrets({ flags: [], files, env: {} }), { message: 's.env:2:1: this line is not KEY=value' })
})

test('a secret file is read as shells and dotenv files are written; flags win', () => {
  const text =
    '# comment\n\nexport A=1\nB = "two\\nlines" \nC=\'raw \\n\'\nD="over\nlines"\nE=a b=c\nF=\nA2="q\\"q"\r\n'
  assert.deepEqual(parseSecrets({ flags: ['A=flag'], files: [{ file: 'f', text }], env: {} }), {
    A: 'flag',
    B: 'two\nlines',
    C: 'raw \\n',
    D: 'over\nlines',
    E: 'a b=c',
    F: '',
    A2: 'q"q',
  })
})
