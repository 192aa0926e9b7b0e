/**
 * The legs of a matrix. Source of the rules: actions/runner WorkflowParser/Conversion/MatrixBuilder.cs and JobNameBuilder.cs.
 *
 * Vectors are combined in the order of the file, the last one changing fastest; `exclude` removes what matches; then each `include` adds its new
 * keys to every leg that it contradicts in no vector, or becomes a leg of its own when there is none.
 */
import { isLooselyEqual } from './expression/data.ts'
import { isMappingValue, isSequenceValue, toText, type ValueMapping } from './expression/value.ts'
import { MATRIX_LEGS_MAX } from './limit.ts'
import type { Value } from './template.ts'

/** One job of a matrix: its place in the order, from 0, and the `matrix` context. */
export interface Leg {
  readonly index: number
  readonly values: { readonly [key: string]: Value }
  /** Keys that an `include` added to a combination: GitHub leaves them out of the name. */
  readonly added?: readonly string[]
}

/** The failure is a mistake in the file: clauses of a problem. */
export type Expanded =
  | { readonly ok: true; readonly legs: readonly Leg[] }
  | { readonly ok: false; readonly message: string; readonly remedy: string }

/** A matrix that is malformed, empty or too large is the user's mistake, said as a clause without values. */
export function expandMatrix(matrix: Value): Expanded {
  const checked = checkShape(matrix)
  if (!checked.ok) return checked
  const { vectors, include, exclude } = checked
  const size = vectors.length === 0 ? 0 : vectors.reduce((product, [, values]) => product * values.length, 1)
  if (size > COMBINATIONS_MAX) return tooMany(size)
  if (size * (include.length + exclude.length) > COMPARISONS_MAX) {
    return wrong(
      `the matrix takes more than ${COMPARISONS_MAX} comparisons`,
      'use fewer values, or a shorter `exclude`',
    )
  }
  const included: Included[] = include.map((item) => ({ ...split(item, vectors), matched: false }))
  const combined = combinations(vectors, size)
    .filter((leg) => !exclude.some((filter) => matches(filter, leg)))
    .map((leg) => addTo(leg, included))
  const legs = [...combined, ...included.filter((item) => !item.matched).map((item) => ({ values: item.all }))]
  if (legs.length > MATRIX_LEGS_MAX) return tooMany(legs.length)
  if (legs.length === 0) return wrong('the matrix has no combination left', 'give every key a value, or exclude fewer')
  return { ok: true, legs: legs.map((leg, index) => ({ index, ...leg })) }
}

/** Combinations that are looked at before `exclude`, at most: more are refused unseen. Source: ours, to bound the work. */
const COMBINATIONS_MAX = 65_536

/** Combinations times items of `include` and `exclude`, at most: more are refused unseen. Source: ours, to bound the work. */
const COMPARISONS_MAX = 1_000_000

/** Longest job name made from a matrix, in characters; longer ones end in dots. Source: actions/runner JobNameBuilder.cs. */
const NAME_LENGTH_MAX = 100

/** `test (20, linux)`: every value inside mappings and sequences too; nulls and empty texts leave no trace. */
export function legName(jobName: string, leg: Leg): string {
  const shown = Object.entries(leg.values).filter(([key]) => leg.added?.includes(key) !== true)
  const segments = shown.flatMap(([, value]) => [...scalars(value)]).filter((segment) => segment !== '')
  const name = segments.length === 0 ? jobName : `${jobName} (${segments.join(', ')})`
  return name.length > NAME_LENGTH_MAX ? `${name.slice(0, NAME_LENGTH_MAX - 3)}...` : name
}

function* scalars(value: Value): Generator<string> {
  if (isSequenceValue(value) || isMappingValue(value)) {
    for (const item of Object.values(value)) yield* scalars(item)
  } else {
    yield toText(value)
  }
}

type Vector = readonly [name: string, values: readonly Value[]]
type Shape =
  | {
      readonly ok: true
      readonly vectors: readonly Vector[]
      readonly include: readonly ValueMapping[]
      readonly exclude: readonly ValueMapping[]
    }
  | Wrong
type Wrong = Extract<Expanded, { ok: false }>

function wrong(message: string, remedy: string): Wrong {
  return { ok: false, message, remedy }
}

function tooMany(count: number): Wrong {
  return wrong(`the matrix has ${count} combinations, ${MATRIX_LEGS_MAX} are allowed`, 'split the job, or exclude more')
}

/** `include` and `exclude` are words of the language; the rest are vectors. */
function checkShape(matrix: Value): Shape {
  if (!isMappingValue(matrix)) return wrong('the matrix is not a mapping', 'give it keys, each with a list of values')
  const filters: { include: readonly ValueMapping[]; exclude: readonly ValueMapping[] } = { include: [], exclude: [] }
  const vectors: Vector[] = []
  for (const [key, value] of Object.entries(matrix)) {
    if (!isSequenceValue(value)) return wrong(`\`${key}\` of the matrix is not a list`, `write \`${key}: [a, b]\``)
    if (key !== 'include' && key !== 'exclude') {
      if (value.length === 0) return wrong(`\`${key}\` of the matrix is an empty list`, 'give it at least one value')
      vectors.push([key, value])
    } else if (value.every(isMappingValue)) {
      filters[key] = value
    } else {
      return wrong(`an item of \`${key}\` is not a mapping`, 'give each item keys and values')
    }
  }
  return checkFilters(vectors, filters.include, filters.exclude)
}

function checkFilters(
  vectors: readonly Vector[],
  include: readonly ValueMapping[],
  exclude: readonly ValueMapping[],
): Shape {
  const isEmpty = (item: ValueMapping) => Object.keys(item).length === 0
  if (include.some(isEmpty)) return wrong('an item of `include` has no values', 'give it keys and values, or remove it')
  if (exclude.some(isEmpty)) return wrong('an item of `exclude` has no values', 'give it keys and values, or remove it')
  const unknown = exclude.flatMap(Object.keys).find((key) => vectorNamed(vectors, key) === undefined)
  if (unknown !== undefined) {
    const names = vectors.map(([name]) => name).join(', ')
    return wrong(`\`exclude\` names \`${unknown}\`, which is no key of the matrix`, `the keys are: ${names}`)
  }
  return { ok: true, vectors, include, exclude }
}

function vectorNamed(vectors: readonly Vector[], key: string): string | undefined {
  return vectors.find(([name]) => name.toLowerCase() === key.toLowerCase())?.[0]
}

function combinations(vectors: readonly Vector[], size: number): ValueMapping[] {
  return Array.from({ length: size }, (_, product) => {
    let block = size
    return Object.fromEntries(
      vectors.map(([name, values]) => {
        block /= values.length
        return [name, values[Math.floor(product / block) % values.length] ?? null]
      }),
    )
  })
}

interface Included {
  /** The keys that are vectors: what a leg must agree with. */
  readonly filter: ValueMapping
  readonly extra: ValueMapping
  readonly all: ValueMapping
  matched: boolean
}

function split(item: ValueMapping, vectors: readonly Vector[]): Omit<Included, 'matched'> {
  const entries = Object.entries(item)
  const isFilter = ([key]: [string, Value]) => vectorNamed(vectors, key) !== undefined
  const filter = Object.fromEntries(entries.filter(isFilter))
  const extra = Object.fromEntries(entries.filter((entry) => !isFilter(entry)))
  return { filter, extra, all: { ...filter, ...extra } }
}

/** Later items override what earlier ones added, never a vector's value. */
function addTo(leg: ValueMapping, included: readonly Included[]): Omit<Leg, 'index'> {
  let extra: ValueMapping = {}
  for (const item of included) {
    if (!matches(item.filter, leg)) continue
    item.matched = true
    extra = { ...extra, ...item.extra }
  }
  const added = Object.keys(extra)
  return added.length === 0 ? { values: leg } : { values: { ...leg, ...extra }, added }
}

/** Every scalar of the filter equals what stands at its place, compared as `==` does. */
function matches(filter: Value, value: Value): boolean {
  if (!isMappingValue(filter) && !isSequenceValue(filter)) return isLooselyEqual(filter, value)
  return Object.entries(filter).every(([key, item]) => matches(item, member(value, key)))
}

function member(value: Value, key: string): Value {
  if (isSequenceValue(value)) return value[Number(key)] ?? null
  if (!isMappingValue(value)) return null
  const found = Object.hasOwn(value, key)
    ? key
    : Object.keys(value).find((candidate) => candidate.toLowerCase() === key.toLowerCase())
  return found === undefined ? null : (value[found] ?? null)
}
