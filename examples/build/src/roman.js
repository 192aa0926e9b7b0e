import { assertInRange } from './range.js'

const NUMERALS = [
  ['M', 1000],
  ['CM', 900],
  ['D', 500],
  ['CD', 400],
  ['C', 100],
  ['XC', 90],
  ['L', 50],
  ['XL', 40],
  ['X', 10],
  ['IX', 9],
  ['V', 5],
  ['IV', 4],
  ['I', 1],
]

/** A number from 1 to 3999 in Roman numerals. */
export function toRoman(number) {
  assertInRange(number, 1, 3999)
  let rest = number
  let roman = ''
  for (const [numeral, value] of NUMERALS) {
    roman += numeral.repeat(Math.floor(rest / value))
    rest %= value
  }
  return roman
}
