/**
 * Plain values as the evaluator of `@actions/expressions` sees them: wrapped when they are reached, never copied, so a large
 * `github.event` costs nothing until something in it is named.
 *
 * The library's own dictionary ignores case always (wrong for `env` on Linux) and loses keys such as `constructor`.
 */
import { Array as SequenceData } from '@actions/expressions/data/array'
import {
  BooleanData,
  Dictionary,
  type ExpressionData,
  Kind,
  Null,
  NumberData,
  StringData,
} from '@actions/expressions/data/index'
import { equals } from '@actions/expressions/result'
import type { Value } from '../template.ts'
import { isSequenceValue, numberText, type ValueMapping } from './value.ts'

/** A number that is printed as GitHub prints it. */
class NumberValue extends NumberData {
  override coerceString(): string {
    return numberText(this.value)
  }
}

class SequenceValue extends SequenceData {
  readonly raw: readonly Value[]

  constructor(raw: readonly Value[]) {
    super()
    this.raw = raw
  }

  override get(index: number): ExpressionData {
    return wrap(this.raw[index] ?? null)
  }

  override values(): ExpressionData[] {
    return this.raw.map(wrap)
  }
}

class MappingValue extends Dictionary {
  readonly raw: ValueMapping

  constructor(raw: ValueMapping) {
    super()
    this.raw = raw
  }

  /** The exact key first; else the first one that differs in case only. */
  override get(key: string): ExpressionData | undefined {
    const name = Object.hasOwn(this.raw, key) ? key : this.alike(key)
    return name === undefined ? undefined : wrap(this.raw[name] ?? null)
  }

  protected alike(key: string): string | undefined {
    const lower = key.toLowerCase()
    return Object.keys(this.raw).find((candidate) => candidate.toLowerCase() === lower)
  }

  override values(): ExpressionData[] {
    return Object.values(this.raw).map(wrap)
  }

  override pairs(): { key: string; value: ExpressionData }[] {
    return Object.entries(this.raw).map(([key, value]) => ({ key, value: wrap(value) }))
  }
}

/** `env`: on Linux `env.path` and `env.PATH` are two. */
class CaseSensitiveMappingValue extends MappingValue {
  protected override alike(): undefined {
    return undefined
  }
}

/** The same object is always wrapped by the same wrapper: the language compares objects by reference. */
const wrapped = new WeakMap<object, ExpressionData>()

/** A value as the evaluator of `@actions/expressions` has it; mappings ignore case, as on GitHub. */
export function wrap(value: Value): ExpressionData {
  if (value === null || value === undefined) return new Null()
  if (typeof value === 'string') return new StringData(value)
  if (typeof value === 'number') return new NumberValue(value)
  if (typeof value === 'boolean') return new BooleanData(value)
  const known = wrapped.get(value)
  if (known !== undefined) return known
  const made = isSequenceValue(value) ? new SequenceValue(value) : new MappingValue(value)
  wrapped.set(value, made)
  return made
}

/** The same for `env`, whose names keep their case on Linux. */
export function wrapCaseSensitive(value: ValueMapping): ExpressionData {
  return new CaseSensitiveMappingValue(value)
}

/** A result as plain JSON. */
export function unwrap(data: ExpressionData): Value {
  switch (data.kind) {
    case Kind.Null:
      return null
    case Kind.String:
    case Kind.Number:
    case Kind.Boolean:
      return data.value
    case Kind.Array:
      return data instanceof SequenceValue ? data.raw : data.values().map(unwrap)
    case Kind.Dictionary:
      return data instanceof MappingValue
        ? data.raw
        : Object.fromEntries(data.pairs().map((pair) => [pair.key, unwrap(pair.value)]))
  }
}

/** As `==` compares: text without case, different kinds as numbers, mappings and sequences by reference. */
export function isLooselyEqual(left: Value, right: Value): boolean {
  return equals(wrap(left), wrap(right))
}
