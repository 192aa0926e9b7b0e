import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formsOf } from '../../../agent/log/form.ts'
import { createMasks } from '../../../agent/log/mask.ts'

test('a secret is replaced wherever it occurs', () => {
  assert.equal(createMasks(['hunter2']).mask('hunter2 and xhunter2x'), '*** and x***x')
})

test('a text without secrets, and a job without secrets, change nothing', () => {
  assert.equal(createMasks(['hunter2']).mask('hunter and 2'), 'hunter and 2')
  assert.equal(createMasks().mask('hunter2'), 'hunter2')
})

test('overlapping and adjacent occurrences become one mask', () => {
  const masks = createMasks(['abcd', 'cdef'])
  assert.equal(masks.mask('xabcdefx'), 'x***x')
  assert.equal(masks.mask('xabcdcdefx'), 'x***x')
  assert.equal(masks.mask('abcd cdef'), '*** ***')
})

test('a secret that overlaps itself is hidden whole', () => {
  assert.equal(createMasks(['aba']).mask('-ababa-'), '-***-')
})

test('a secret of one character hides every occurrence of it', () => {
  assert.equal(createMasks(['e']).mask('secret'), 's***cr***t')
})

test('the longest of secrets that begin alike is hidden whole', () => {
  assert.equal(createMasks(['pass', 'password']).mask('password!'), '***!')
})

test('blank values hide nothing', () => {
  const masks = createMasks(['', '  ', '\n\t'])
  assert.deepEqual([masks.mask('a  b\n'), masks.longest, masks.values()], ['a  b\n', 0, []])
})

test('each derived form of a secret is hidden', () => {
  const secret = `p"a's<s>&w/o rd!`
  const forms = {
    plain: secret,
    base64: Buffer.from(secret).toString('base64'),
    'base64 after one byte': Buffer.from(`ab${secret}`).toString('base64').slice(4),
    'base64 after two bytes': Buffer.from(`a${secret}`).toString('base64').slice(4),
    json: JSON.stringify(secret).slice(1, -1),
    uri: encodeURIComponent(secret),
    'strict uri': 'p%22a%27s%3Cs%3E%26w%2Fo%20rd%21',
    xml: 'p&quot;a&apos;s&lt;s&gt;&amp;w/o rd!',
    expression: `p"a''s<s>&w/o rd!`,
    'command line': `p\\"a's<s>&w/o rd!`,
  }
  const masks = createMasks([secret])
  for (const [name, form] of Object.entries(forms)) assert.equal(masks.mask(`<${form}>`), '<***>', name)
})

test('a secret inside a longer base64 text is hidden but for the groups it shares with others', () => {
  const text = Buffer.from('user:0123456789abcdef and more').toString('base64')
  assert.equal(createMasks(['0123456789abcdef']).mask(text), 'dXNlcjow***IGFuZCBtb3Jl')
  assert.equal(createMasks(['0123456789abcde']).mask(text), 'dXNlcjow***ZGVmIGFuZCBtb3Jl')
})

test('the double quotes around a value of nine characters or more may be missing', () => {
  assert.equal(createMasks(['"quoted1"']).mask('quoted1'), '***')
  assert.equal(createMasks(['"quote"']).mask('quote'), 'quote')
})

test('the parts beside an ampersand are hidden from six characters on', () => {
  const masks = createMasks(['secret1&secret2&third-part', 'head01&+xtail02'])
  assert.equal(masks.mask('secret1&secret2& third-part'), '*** ***')
  assert.equal(masks.mask('head01&+ tail02'), '*** ***')
  assert.equal(createMasks(['abc&def']).mask('abc& def'), 'abc& def')
})

test('each line of a secret is hidden, without the space around it', () => {
  const masks = createMasks(['  first line\r\n\n\tsecond\n'])
  assert.equal(masks.mask('first line / second'), '*** / ***')
})

test('a secret with surrounding space is hidden without it too', () => {
  assert.equal(createMasks([' padded ']).mask('(padded)'), '(***)')
})

test('a text of several lines is masked across its line breaks, lines by themselves are not', () => {
  const masks = createMasks(['ab\ncd'])
  assert.equal(masks.mask('ab\ncd'), '***')
  assert.equal(masks.maskLines('ab\ncd\n'), '***\n***\n')
})

test('a secret followed by a combining mark is hidden', () => {
  assert.equal(createMasks(['secret']).mask('secret\u0301'), '***\u0301')
})

test('half a surrogate pair as a secret breaks nothing', () => {
  assert.equal(createMasks(['\ud83d-key-value']).mask('x \ud83d-key-value'), 'x ***')
})

test('masks added later are found whatever their length', () => {
  const masks = createMasks(['longer-secret'])
  assert.equal(masks.mask('ab longer-secret'), 'ab ***')
  masks.add('another-one')
  masks.add('ab')
  assert.equal(masks.mask('ab longer-secret another-one'), '*** *** ***')
  assert.deepEqual(masks.values(), ['longer-secret', 'another-one', 'ab'])
})

test('contains says whether anything would be hidden', () => {
  const masks = createMasks(['hunter2'])
  assert.deepEqual([masks.contains('my hunter2'), masks.contains('my hunter')], [true, false])
})

const value = fc.string({
  unit: fc.constantFrom('a', 'b', 'c', '&', '"', 'é', '\ud83d\ude00'),
  minLength: 1,
  maxLength: 12,
})
const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '&', '"', 'é', '\ud83d\ude00', ' '), maxLength: 60 })

test('masking is the same as marking every occurrence of every form, one by one', () => {
  fc.assert(
    fc.property(fc.array(value, { maxLength: 4 }), text, (values, input) => {
      assert.equal(createMasks(values).maskLines(input), markedOneByOne(values, input))
    }),
    { numRuns: 2_000 },
  )
})

test('a line cut anywhere hides what the whole line hides', () => {
  fc.assert(
    fc.property(fc.array(value, { maxLength: 4 }), text, fc.nat(59), (values, input, at) => {
      const masks = createMasks(values)
      const cut = Math.min(at, input.length)
      const first = masks.maskPiece(input.slice(0, cut + masks.longest), cut, 0)
      const second = masks.maskPiece(input.slice(cut), input.length - cut, first.covered)
      const whole = positionsShown(values, input)
      assert.equal(first.text.replaceAll('***', ''), shown(input, whole, 0, cut))
      assert.equal(second.text.replaceAll('***', ''), shown(input, whole, cut, input.length))
    }),
    { numRuns: 2_000 },
  )
})

function positionsShown(values: readonly string[], input: string): readonly boolean[] {
  const positions = Array.from({ length: input.length }, () => true)
  for (const form of values
    .filter((one) => one.trim() !== '')
    .flatMap((one) => [one, one.trim()])
    .flatMap(formsOf)) {
    for (let at = input.indexOf(form); at >= 0; at = input.indexOf(form, at + 1))
      positions.fill(false, at, at + form.length)
  }
  return positions
}

function shown(input: string, positions: readonly boolean[], from: number, to: number): string {
  return [...Array(to - from).keys()].map((index) => (positions[from + index] ? input[from + index] : '')).join('')
}

function markedOneByOne(values: readonly string[], input: string): string {
  const positions = positionsShown(values, input)
  return positions.map((isShown, at) => (isShown ? input[at] : at > 0 && !positions[at - 1] ? '' : '***')).join('')
}
