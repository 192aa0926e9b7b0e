/** GitHub's coercions of a plain value. Source: actions/runner EvaluationResult.cs, ExpressionConstants.NumberFormat. */
import type { Value } from '../template.ts'

/** A mapping, as opposed to a sequence or a scalar. */
export type ValueMapping = { readonly [key: string]: Value }

/** A list. */
export function isSequenceValue(value: Value): value is readonly Value[] {
  return Array.isArray(value)
}

/** A mapping: neither a list nor null. */
export function isMappingValue(value: Value): value is ValueMapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** `null` is empty, mappings are `Object`, sequences `Array`, numbers have at most 15 digits. */
export function toText(value: Value): string {
  if (value === null) return ''
  if (typeof value === 'string') return value
  if (typeof value === 'boolean') return value ? 'true' : 'false'
  if (typeof value === 'number') return numberText(value)
  return isSequenceValue(value) ? 'Array' : 'Object'
}

/** False are: `false`, `0`, `-0`, `NaN`, `''` and `null`. */
export function isTruthy(value: Value): boolean {
  return typeof value === 'number'
    ? value !== 0 && !Number.isNaN(value)
    : value !== null && value !== '' && value !== false
}

/** .NET's format G15: fixed while the exponent is between -5 and 15, else `1.5E+15`. */
export function numberText(value: number): string {
  if (value === 0) return '0'
  if (!Number.isFinite(value)) return String(value)
  const [mantissa = '', exponentText = '0'] = value.toExponential(14).split('e')
  const exponent = Number(exponentText)
  if (exponent > -5 && exponent < 15) return String(Number(value.toPrecision(15)))
  const digits = String(Math.abs(exponent)).padStart(2, '0')
  return `${Number(mantissa)}E${exponent < 0 ? '-' : '+'}${digits}`
}
