/**
 * What a scenario says of itself, in the comments at its top:
 *
 *   ends: CONCLUSION          of the run                    line: TEXT        a whole line of some job's log
 *   job NAME: CONCLUSION      as shown                      has: TEXT         part of a line
 *   nojob NAME                no such job                   noline: TEXT       no such line
 *   not: TEXT                 nowhere: not in a log, an event, a file of the store
 *   step NAME: OUTCOME        of some job                   annotation: LEVEL MESSAGE [FILE:LINE]
 *   noannotation: LEVEL MESSAGE  none begins like this       summary: TEXT     a line of a step summary
 *
 * and how it is run: `secret: K=V`, `var: K=V`, `input: K=V` (`\n` is a newline), `event: NAME`, `payload: JSON`.
 */
export interface Scenario {
  readonly expectations: readonly Expectation[]
  /** Flags of `longshore run`, secrets not among them. */
  readonly flags: readonly string[]
  readonly secrets: { readonly [name: string]: string }
  readonly payload: string | undefined
}

export interface Expectation {
  readonly kind:
    | 'ends'
    | 'job'
    | 'nojob'
    | 'step'
    | 'line'
    | 'noline'
    | 'has'
    | 'not'
    | 'annotation'
    | 'noannotation'
    | 'summary'
  /** Of a job or a step. */
  readonly name: string
  readonly text: string
}

const EXPECTATION =
  /^(ends|job|nojob|step|line|noline|has|not|annotation|noannotation|summary)(?: (.*?))?: (.*)$|^nojob (.*)$/
const FLAG = /^(var|input|event): (.*)$/

/** Lines of prose are passed over; a scenario that expects nothing is a mistake. */
export function parseScenario(file: string, text: string): Scenario {
  const lines = text
    .split('\n')
    .filter((line) => line.startsWith('# '))
    .map((line) => line.slice(2))
  const expectations = lines.flatMap(expectation)
  if (!expectations.some(({ kind }) => kind === 'ends')) throw new Error(`${file}: says nowhere how it ends`)
  return {
    expectations,
    flags: lines.flatMap((line) => {
      const [, name, value] = FLAG.exec(line) ?? []
      return name === undefined || value === undefined ? [] : [`--${name}`, value]
    }),
    secrets: Object.fromEntries(lines.flatMap(secret)),
    payload: lines.find((line) => line.startsWith('payload: '))?.slice('payload: '.length),
  }
}

function expectation(line: string): Expectation[] {
  const match = EXPECTATION.exec(line)
  if (match === null) return []
  if (match[4] !== undefined) return [{ kind: 'nojob', name: match[4], text: '' }]
  const [, kind, name = '', text = ''] = match
  return [{ kind: kind as Expectation['kind'], name, text }]
}

function secret(line: string): [string, string][] {
  const [, name, value] = /^secret: (\w+)=(.*)$/.exec(line) ?? []
  return name === undefined || value === undefined ? [] : [[name, value.replaceAll('\\n', '\n')]]
}
