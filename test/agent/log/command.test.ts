import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { COMMAND_NAMES, type Command, parseCommand } from '../../../agent/log/command.ts'

const parsed = (line: string, token?: string): unknown => plain(parseCommand(line, token))

function plain(command: Command | undefined): unknown {
  return command && { ...command, properties: Object.fromEntries(command.properties) }
}

test('a command has a name, properties and data', () => {
  assert.deepEqual(parsed('::error file=a.ts,line=3,title=Oh no::it broke'), {
    name: 'error',
    properties: { file: 'a.ts', line: '3', title: 'Oh no' },
    data: 'it broke',
  })
})

test('space before a command does not matter, text does', () => {
  assert.deepEqual(parsed(' \t::debug::x'), { name: 'debug', properties: {}, data: 'x' })
  assert.equal(parsed('x ::debug::y'), undefined)
})

test('only known names are commands, whatever their case', () => {
  assert.equal(parsed('::set-everything::x'), undefined)
  assert.equal(parsed('std::string::npos'), undefined)
  assert.deepEqual(parsed('::GROUP::x'), { name: 'group', properties: {}, data: 'x' })
})

test('a stop token is a name while it is one', () => {
  assert.equal(parsed('::Tok::'), undefined)
  assert.deepEqual(parsed('::Tok::', 'tOK'), { name: 'tok', properties: {}, data: '' })
})

test('a head without its end is no command', () => {
  assert.equal(parsed('::error file=a'), undefined)
  assert.equal(parsed('##[error'), undefined)
})

test('empty pairs are dropped, values keep their inner equals signs', () => {
  assert.deepEqual(parsed('::error file=,,title,line=1=2==,=x::'), {
    name: 'error',
    properties: { line: '1=2==' },
    data: '',
  })
})

test('the last of equal properties wins, whatever their case', () => {
  assert.deepEqual(parsed('::error Line=1,line=2::'), { name: 'error', properties: { line: '2' }, data: '' })
})

test('the bracket spelling stands anywhere in a line', () => {
  assert.deepEqual(parsed('at last ##[error file=a;line=2]it broke'), {
    name: 'error',
    properties: { file: 'a', line: '2' },
    data: 'it broke',
  })
})

test('data and properties are unescaped, the percent sign last', () => {
  assert.deepEqual(parsed('::error title=a%3Ab%2Cc%0Ad%253A::1%0D%0A2%250A%3A'), {
    name: 'error',
    properties: { title: 'a:b,c\nd%3A' },
    data: '1\r\n2%0A%3A',
  })
  assert.deepEqual(parsed('##[error title=a%3Bb%5Dc]%5D%3B%253B%2C'), {
    name: 'error',
    properties: { title: 'a;b]c' },
    data: '];%3B%2C',
  })
})

test('what a toolkit escapes comes back as it was', () => {
  const escapeData = (text: string): string =>
    text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
  const escapeProperty = (text: string): string => escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
  const text = fc.string({ unit: fc.constantFrom('a', '%', '0', 'A', '\n', '\r', ':', ',', ';', ']', '=', '2', '5') })
  fc.assert(
    fc.property(fc.constantFrom(...COMMAND_NAMES), text, text, (name, title, data) => {
      const command = parseCommand(`::${name} title=x${escapeProperty(title)}::${escapeData(data)}`)
      assert.deepEqual([command?.name, command?.properties.get('title'), command?.data], [name, `x${title}`, data])
    }),
  )
})
