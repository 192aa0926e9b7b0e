/**
 * Problem matchers: patterns that turn a tool's own warnings into annotations. A step loads them from a JSON file of its own and they last for
 * the job. Format, rules and wording: actions/runner IssueMatcher.cs.
 *
 * The official runner gives a pattern one second a line and drops it after three times; a clock would make replays differ and an agent serves
 * many jobs, so here patterns run on V8's engine without backtracking, whose time is linear in the line. It has no look-ahead and no
 * back-references: a matcher that needs them is left out with a warning. V8 can also fall back to that engine by itself when a pattern
 * backtracks too often, 35 times as fast on ordinary lines, but only for every regular expression of the process: searches of large texts
 * then crawl.
 */
import { setFlagsFromString } from 'node:v8'
import * as z from 'zod'
import { parseJson } from '../../shared/json.ts'
import { MATCHER_PATTERN_MAX, MATCHERS_BYTES_MAX, MATCHERS_MAX } from '../../shared/limit.ts'

// Allows the flag `l` in regular expressions; those without it are not touched.
setFlagsFromString('--enable-experimental-regexp-engine')

/** Files written for .NET's lenient reader hold numbers as text, and null for nothing. */
const group = z
  .union([z.int(), z.string().regex(/^\d+$/).transform(Number)])
  .nullish()
  .transform((value) => value ?? undefined)
const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '')

const patternSchema = z.object({
  regexp: text,
  file: group,
  line: group,
  column: group,
  severity: group,
  code: group,
  message: group,
  fromPath: group,
  loop: z
    .boolean()
    .nullish()
    .transform((value) => value ?? false),
})
const matcherSchema = z.object({
  owner: text,
  severity: text,
  fromPath: text,
  pattern: z
    .array(patternSchema)
    .nullish()
    .transform((value) => value ?? []),
})
const fileSchema = z.object({
  problemMatcher: z
    .array(matcherSchema)
    .nullish()
    .transform((value) => value ?? []),
})

/** One problem matcher of a matcher file. */
export type MatcherConfig = z.infer<typeof matcherSchema>
type PatternConfig = z.infer<typeof patternSchema>

/** `slow`: owners whose patterns cannot be matched in linear time; they are not among `configs`. */
export type ParsedMatchers =
  | { readonly ok: true; readonly configs: readonly MatcherConfig[]; readonly slow: readonly string[] }
  | { readonly ok: false; readonly message: string }

/** Parses a matcher file. A mistake in one matcher refuses the file. */
export function parseMatcherFile(json: string): ParsedMatchers {
  const file = fileSchema.safeParse(parseJson(json.replace(/^\ufeff/, '')))
  if (!file.success) return { ok: false, message: `Not a problem matcher file: ${describe(file.error)}` }
  const matchers = file.data.problemMatcher
  const owners = matchers.map((matcher) => matcher.owner.toLowerCase())
  const repeated = matchers.find((matcher, index) => owners.indexOf(matcher.owner.toLowerCase()) < index)
  const mistake =
    matchers.map(mistakeOf).find((message) => message !== undefined) ??
    (repeated === undefined ? undefined : `Duplicate owner name '${repeated.owner}'`)
  if (mistake !== undefined) return { ok: false, message: mistake }
  const isLinear = (matcher: MatcherConfig): boolean =>
    matcher.pattern.every((pattern) => compileLinear(pattern.regexp) !== undefined)
  return {
    ok: true,
    configs: matchers.filter(isLinear),
    slow: matchers.filter((matcher) => !isLinear(matcher)).map((matcher) => matcher.owner),
  }
}

/** The job's matchers, the latest first. Shared by the logs of all its steps. */
export interface Matchers {
  readonly configs: readonly MatcherConfig[]
  /** Puts them first, in place of those with the same owners; the oldest go beyond MATCHERS_MAX and MATCHERS_BYTES_MAX. */
  add(configs: readonly MatcherConfig[]): void
  /** Owners without regard to case. Answers those that were there. */
  remove(owners: readonly string[]): readonly string[]
  /** Takes over what a log's state says was there. */
  restore(configs: readonly MatcherConfig[]): void
}

export function createMatchers(): Matchers {
  let configs: readonly MatcherConfig[] = []
  const drop = (owners: readonly string[]): readonly MatcherConfig[] => {
    const dropped = new Set(owners.map((owner) => owner.toLowerCase()))
    return configs.filter((config) => !dropped.has(config.owner.toLowerCase()))
  }
  return {
    get configs() {
      return configs
    },
    add: (added) => {
      configs = latest([...added, ...drop(added.map((config) => config.owner))])
    },
    remove: (owners) => {
      const kept = drop(owners)
      const removed = configs.filter((config) => !kept.includes(config)).map((config) => config.owner)
      configs = kept
      return removed
    },
    restore: (restored) => {
      configs = restored
    },
  }
}

/** As many as the limits leave, from the first on. */
function latest(configs: readonly MatcherConfig[]): readonly MatcherConfig[] {
  let bytes = 0
  const excess = configs.findIndex((config, index) => {
    bytes += Buffer.byteLength(JSON.stringify(config))
    return index >= MATCHERS_MAX || bytes > MATCHERS_BYTES_MAX
  })
  return excess < 0 ? configs : configs.slice(0, excess)
}

/** What a matcher read from one line or several. Texts as the tool printed them. */
export type Match = { readonly [field in Field]?: string }

const FIELDS = ['file', 'line', 'column', 'severity', 'code', 'message', 'fromPath'] as const
type Field = (typeof FIELDS)[number]

/** Where a step's multi-line matchers stand: by owner, what each pattern but the last holds. JSON. */
export type OpenMatches = { readonly [owner: string]: readonly (Match | null)[] }

/** The matchers of one step at work. */
export interface MatcherRun {
  readonly config: MatcherConfig
  readonly patterns: readonly RegExp[]
  /** Characters of the patterns: what a line costs, in proportion. */
  readonly size: number
  readonly open: (Match | null)[]
}

/** The runs for `configs`; one that was at work already goes on where it stands. */
export function runMatchers(configs: readonly MatcherConfig[], before: readonly MatcherRun[]): readonly MatcherRun[] {
  return configs.map((config) => before.find((run) => run.config === config) ?? startRun(config, []))
}

/** Runs of these matchers, in the middle of the matches that `openMatches` told. */
export function resumeMatchers(configs: readonly MatcherConfig[], open: OpenMatches): readonly MatcherRun[] {
  return configs.map((config) => startRun(config, Object.hasOwn(open, config.owner) ? (open[config.owner] ?? []) : []))
}

/** The matches that go on with the next line, by owner. */
export function openMatches(runs: readonly MatcherRun[]): OpenMatches {
  const open = runs.filter((run) => run.open.some((match) => match !== null))
  return Object.fromEntries(open.map((run) => [run.config.owner, [...run.open]]))
}

/**
 * What the first matcher in order makes of this line: one that completes on it and whose match `read` accepts. Whenever one completes, all
 * others start over.
 */
export function matchLine<T>(
  runs: readonly MatcherRun[],
  line: string,
  read: (match: Match) => T | undefined,
): T | undefined {
  for (const run of runs) {
    const match = matchRun(run, line)
    if (match === undefined) continue
    for (const other of runs) if (other !== run) other.open.fill(null)
    const accepted = read(match)
    if (accepted !== undefined) return accepted
  }
  return undefined
}

const COLOUR_CODE = /\x1b\[[0-9;]*m?/g

/** Matchers see lines without colour codes. Source: actions/runner OutputManager. */
export function withoutColours(line: string): string {
  return line.includes('\x1b[') ? line.replace(COLOUR_CODE, '') : line
}

function startRun(config: MatcherConfig, open: readonly (Match | null)[]): MatcherRun {
  return {
    config,
    patterns: config.pattern.flatMap((pattern) => compileLinear(pattern.regexp) ?? []),
    size: config.pattern.reduce((sum, pattern) => sum + pattern.regexp.length, 0),
    open: config.pattern.slice(1).map((_, index) => open[index] ?? null),
  }
}

/** Patterns are tried from the last to the first, so that a line opens and continues a match, never both at once. */
function matchRun(run: MatcherRun, line: string): Match | undefined {
  const last = run.patterns.length - 1
  for (let index = last; index >= 0; index -= 1) {
    const before = index > 0 ? (run.open[index - 1] ?? null) : null
    const [pattern, config] = [run.patterns[index], run.config.pattern[index]]
    if (pattern === undefined || config === undefined || (index > 0 && before === null)) continue
    const groups = pattern.exec(line)
    if (index < last) run.open[index] = groups === null ? null : merge(before, config, groups)
    else if (groups !== null) return complete(run, config, groups, before)
    else if (last > 0) run.open[last - 1] = null
  }
  return undefined
}

function complete(run: MatcherRun, config: PatternConfig, groups: RegExpExecArray, before: Match | null): Match {
  run.open.fill(null)
  if (config.loop) run.open[run.open.length - 1] = before
  const match = merge(before, config, groups)
  const { severity, fromPath } = run.config
  return {
    ...match,
    ...(severity !== '' && (match.severity ?? '') === '' ? { severity } : {}),
    ...(fromPath !== '' && (match.fromPath ?? '') === '' ? { fromPath } : {}),
  }
}

/** What an earlier line said stays. */
function merge(before: Match | null, config: PatternConfig, groups: RegExpExecArray): Match {
  const found = FIELDS.flatMap((field) => {
    const index = config[field]
    return index === undefined || index >= groups.length ? [] : [[field, groups[index] ?? '']]
  })
  return { ...Object.fromEntries(found), ...before }
}

function mistakeOf(matcher: MatcherConfig): string | undefined {
  const { owner, severity, pattern } = matcher
  if (owner === '') return 'Owner must not be empty'
  if (!['', 'error', 'warning', 'notice'].includes(severity.toLowerCase())) {
    return `Matcher '${owner}' contains unexpected default severity '${severity}'`
  }
  if (pattern.length === 0) return `Matcher '${owner}' does not contain any patterns`
  const mistake = pattern
    .map((one, index) => mistakeInPattern(one, index, pattern))
    .find((found) => found !== undefined)
  if (mistake !== undefined) return mistake
  return pattern.some((one) => one.message !== undefined) ? undefined : `At least one pattern must set 'message'`
}

function mistakeInPattern(pattern: PatternConfig, index: number, all: readonly PatternConfig[]): string | undefined {
  if (pattern.loop && (index === 0 || index < all.length - 1)) {
    return `Only the last pattern in a multiline matcher may set 'loop'`
  }
  if (pattern.loop && pattern.message === undefined) return `The loop pattern must set 'message'`
  if (!isPattern(pattern.regexp)) return `Invalid pattern '${pattern.regexp.slice(0, 200)}'`
  const groups = countGroups(pattern.regexp)
  for (const field of FIELDS) {
    const value = pattern[field]
    if (value === undefined) continue
    if (all.slice(0, index).some((earlier) => earlier[field] !== undefined)) {
      return `The property '${field}' is set twice`
    }
    if (value < 0 || value >= groups) return `The property '${field}' is set to ${value} which is out of range`
  }
  return undefined
}

function isPattern(pattern: string): boolean {
  return pattern.length <= MATCHER_PATTERN_MAX && compile(pattern, '') !== undefined
}

/** Groups of the pattern, the whole match included. One that is not linear is never run, not even for this: its matcher is left out. */
function countGroups(pattern: string): number {
  return compileLinear(`|${pattern}`)?.exec('')?.length ?? Number.POSITIVE_INFINITY
}

function compileLinear(pattern: string): RegExp | undefined {
  return compile(pattern, 'l')
}

function compile(pattern: string, flags: string): RegExp | undefined {
  try {
    return new RegExp(pattern, flags)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** Names the place, never the content. */
function describe(error: z.ZodError): string {
  const issue = error.issues[0]
  return `${issue?.path.join('.') || 'the file'}: ${issue?.message ?? 'invalid'}`
}
