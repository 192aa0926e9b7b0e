/** GitHub's parser says what it met; this says what was meant, and what to do. */
import { StringToken, type TemplateToken } from '@actions/workflow-parser/templates/tokens/index'
import type { Place } from '../template.ts'
import { explainExpressions, placeOfUnclosed } from './expressions.ts'
import { nearest } from './near.ts'
import type { Problems } from './problems.ts'
import { type Path, type Refusal, UnreadableError } from './read.ts'
import { definitionAt, expectedAt, keysAt, wordsAt } from './schema.ts'

/** All refusals of one file: some follow from others and are left out. */
export function explain(refusals: readonly Refusal[], problems: Problems): void {
  const explained = new Set(refusals.filter(explainsMissing).map((refusal) => pathText(parentOf(refusal.path))))
  const texts = new Set<TemplateToken>()
  for (const refusal of refusals) {
    if (problems.isFull()) return
    // One look at a text tells all that is wrong with its expressions, each of which was refused.
    if (refusal.token !== undefined && kindOf(refusal) === 'other') {
      if (texts.has(refusal.token)) continue
      texts.add(refusal.token)
    }
    const finding = explainOne(refusal, explained, problems)
    if (finding !== undefined) problems.add(...finding)
  }
}

/** A key that was refused may be why another one is missing: it stands there misspelt, or makes the step one of another kind. */
function explainsMissing(refusal: Refusal): boolean {
  if (!refusal.isKey || kindOf(refusal) !== 'value') return false
  const key = String(refusal.path.at(-1))
  const parent = parentOf(refusal.path)
  if (key === '<<' || (isStep(parent) && (DECISIVE.has(key) || BACKGROUND_KEYS.has(key)))) return true
  return DECISIVE.has(nearest(key, keysAt(parent)) ?? '')
}

/** Keys that a job, a step or the workflow cannot do without. */
const DECISIVE = new Set(['on', 'jobs', 'runs-on', 'run', 'uses', 'group', 'cron'])

type Finding = readonly [where: TemplateToken | Place | undefined, message: string, remedy: string]

type Kind = 'value' | 'sequence' | 'mapping' | 'twice' | 'missing' | 'ambiguous' | 'expression' | 'unclosed' | 'other'

/** The library gives its messages no codes, so its words (version 0.3.61, template-reader.ts) are looked up here and nowhere else. */
const KINDS: readonly (readonly [RegExp, Kind])[] = [
  [/^Unexpected value /, 'value'],
  [/^A sequence was not expected/, 'sequence'],
  [/^A mapping was not expected/, 'mapping'],
  [/ is already defined$/, 'twice'],
  [/^Required property is missing: /, 'missing'],
  [/^There's not enough info/, 'ambiguous'],
  [/^A template expression is not allowed/, 'expression'],
  [/^The expression is not closed/, 'unclosed'],
]

function kindOf(refusal: Refusal): Kind {
  const { error } = refusal
  return (typeof error === 'string' && KINDS.find(([pattern]) => pattern.test(error))?.[1]) || 'other'
}

function explainOne(refusal: Refusal, explained: ReadonlySet<string>, problems: Problems): Finding | undefined {
  const { token, place, path } = refusal
  const name = shown(path)
  switch (kindOf(refusal)) {
    case 'value':
      return refusal.isKey ? explainKey(String(path.at(-1)), parentOf(path), place) : explainValue(token, path, name)
    case 'sequence':
      return [place, `${name} cannot be a list`, `write ${expectedAt(path)}`]
    case 'mapping':
      return [place, `${name} cannot be a mapping`, `write ${expectedAt(path)}`]
    case 'twice':
      return [place, `the key ${name} stands here twice`, 'remove one; keys that differ in case only are the same']
    case 'missing':
    case 'ambiguous':
      return explained.has(pathText(path)) ? undefined : explainMissing(refusal)
    case 'expression':
      return [place, `${name} cannot be an expression`, `write ${expectedAt(path)}`]
    case 'unclosed':
      return [placeOfUnclosed(token, problems), 'an expression is opened by ${{ and never closed', 'close it with }}']
    case 'other':
      return explainOther(refusal, problems)
  }
}

/** `jobs.build.timeout-minutes` as a reader names it: the last two keys, or an item of a list. */
function shown(path: Path): string {
  if (path.length === 0) return 'the file'
  const last = path.at(-1)
  return typeof last === 'number' ? `item ${last + 1} of \`${String(path.at(-2))}\`` : `\`${String(last)}\``
}

function parentOf(path: Path): Path {
  return path.slice(0, -1)
}

function pathText(path: Path): string {
  return JSON.stringify(path)
}

function isStep(path: Path): boolean {
  return path.length === 4 && path[0] === 'jobs' && path[2] === 'steps'
}

function isJob(path: Path): boolean {
  return path.length === 2 && path[0] === 'jobs'
}

/** A thing with keys, as a reader names it. */
function ownerName(path: Path): string {
  if (path.length === 0) return 'a workflow'
  if (isJob(path)) return 'a job'
  return isStep(path) ? 'a step' : shown(path)
}

/** Keys of steps that run beside each other. */
const BACKGROUND_KEYS = new Set(['background', 'wait', 'wait-all', 'cancel', 'parallel'])

/** What a step of each kind may have that one of the other kind may not. */
const KEYS_OF_USES = new Set(['uses', 'with'])

function explainKey(key: string, parent: Path, place: Place): Finding {
  if (key === '') return [place, 'a key is empty', 'write a name before the colon']
  if (key === '<<') return [place, 'merge keys are not part of the language', 'repeat the keys, or alias a whole value']
  if (isStep(parent) && BACKGROUND_KEYS.has(key)) {
    return [place, `\`${key}\`: steps that run in the background are not supported yet`, `remove \`${key}\``]
  }
  if (isStep(parent) && (key === 'run' || key === 'uses')) {
    return [place, 'a step has both `run` and `uses`', 'make two steps of it']
  }
  if (isStep(parent) && (KEYS_OF_USES.has(key) || keysAt(parent).includes(key))) {
    const [needed, other] = KEYS_OF_USES.has(key) ? ['uses', 'run'] : ['run', 'uses']
    return [place, `\`${key}\` belongs to a step with \`${needed}\`, this one has \`${other}\``, `remove \`${key}\``]
  }
  const known = keysAt(parent).filter((name) => !BACKGROUND_KEYS.has(name))
  const near = nearest(key, known)
  const list = known.length === 0 ? `remove \`${key}\`` : `it may have: ${known.join(', ')}`
  return [place, `${ownerName(parent)} has no key \`${key}\``, near === undefined ? list : `did you mean \`${near}\`?`]
}

/** Longest part of a wrong value that a message repeats, in characters. */
const VALUE_SHOWN_MAX = 60

function explainValue(token: TemplateToken | undefined, path: Path, name: string): Finding | undefined {
  const value = token?.toString() ?? ''
  // A text is left where an expression was refused, which has been explained.
  if (value.includes('${{')) return undefined
  const remedy = `write ${expectedAt(path)}`
  if (value === '') return [token, `${name} is empty`, `${remedy}, or remove it`]
  const cut = value.length > VALUE_SHOWN_MAX ? `${value.slice(0, VALUE_SHOWN_MAX)}…` : value
  const near = nearest(value, wordsAt(path))
  return [token, `${name} cannot be \`${cut}\``, near === undefined ? remedy : `did you mean \`${near}\`?`]
}

function explainMissing(refusal: Refusal): Finding {
  const { token, path, error } = refusal
  if (isStep(path)) {
    return [token, 'a step has neither `run` nor `uses`', 'give it a `run` with a command, or a `uses` with an action']
  }
  if (isJob(path)) {
    return [token, `the job \`${String(path[1])}\` has no \`runs-on\``, 'say where it runs: `runs-on: ubuntu-latest`']
  }
  const key = String(error).split(': ').at(-1) ?? ''
  const remedy = path.length === 0 && key === 'on' ? 'say when it runs: `on: push`' : `add \`${key}\``
  return [token, `${ownerName(path)} has no \`${key}\``, remedy]
}

function explainOther(refusal: Refusal, problems: Problems): Finding | undefined {
  const { token, place, error, path } = refusal
  if (error instanceof UnreadableError) return [place, error.message, error.remedy]
  if (token === undefined && place[0] === 0) return [[1, 1], 'the file is empty', 'start with `on: push` and `jobs:`']
  const allowed = definitionAt(path)?.allowedContext ?? []
  if (token !== undefined && allowed.length === 0) {
    return [place, `${shown(path)} cannot be an expression`, `write ${expectedAt(path)}`]
  }
  if (token instanceof StringToken && explainExpressions(token, allowed, problems)) return undefined
  if (token === undefined)
    return [place, 'the file cannot be read on from here', 'look for a key that is spelled wrong']
  return [place, `${shown(path)}: ${error instanceof Error ? error.message : error}`, `write ${expectedAt(path)}`]
}
