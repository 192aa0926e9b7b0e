import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toRoman } from '../src/roman.js'

test('a digit that would stand four times is written by subtraction', () => {
  assert.equal(toRoman(4), 'IV')
  assert.equal(toRoman(1994), 'MCMXCIV')
})

test('what has no Roman numeral is refused', () => {
  assert.throws(() => toRoman(0), RangeError)
  assert.throws(() => toRoman(4000), RangeError)
  assert.throws(() => toRoman(1.5), RangeError)
})
