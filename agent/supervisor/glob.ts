/**
 * The patterns of `hashFiles`: what actions/toolkit's glob makes of them. `*`, `?` and `[…]` within a segment, `**` for any number of segments,
 * leading dots match, no braces, `!` takes away; a pattern that matches a folder matches all in it; the last pattern that matches decides.
 * Source: actions/toolkit packages/glob, internal-pattern.ts and internal-pattern-helper.ts
 */
import { isAbsolute, join, resolve } from 'node:path'

export interface Glob {
  readonly negate: boolean
  /** The pattern's segments, rooted at `/`. */
  readonly segments: readonly Segment[]
  /** Deepest folder without a wildcard: where looking begins. */
  readonly searchPath: string
  /** It ended in `/`: folders only, and what is in them. */
  readonly foldersOnly: boolean
}

type Segment = { readonly kind: 'any' } | { readonly kind: 'one'; readonly regexp: RegExp }

/** Reads one pattern, rooted at `folder`. Undefined for a blank one or a comment. Throws an `Error` for `.` and `..` in the middle. */
export function parseGlob(text: string, folder: string): Glob | undefined {
  const trimmed = text.trim()
  if (trimmed === '' || trimmed.startsWith('#')) return undefined
  const bangs = /^!*/.exec(trimmed)?.[0].length ?? 0
  const pattern = trimmed.slice(bangs).trim()
  if (
    pattern
      .split('/')
      .slice(1)
      .some((segment) => segment === '.' || segment === '..')
  ) {
    throw new Error(`Invalid pattern '${pattern}'. Relative pathing '.' and '..' is not allowed.`)
  }
  const rooted = isAbsolute(pattern) ? pattern : join(escapeGlob(resolve(folder)), pattern)
  const parts = rooted.split('/').filter((part) => part !== '' && part !== '.')
  const literals = parts.map(literal)
  const wild = literals.indexOf(undefined)
  return {
    negate: bangs % 2 === 1,
    segments: parts.map((part) => (part === '**' ? { kind: 'any' } : { kind: 'one', regexp: segmentRegExp(part) })),
    searchPath: `/${literals.slice(0, wild < 0 ? undefined : wild).join('/')}`,
    foldersOnly: pattern.endsWith('/'),
  }
}

/** Whether a file at that absolute path is meant by the patterns together. */
export function matchFile(globs: readonly Glob[], path: string): boolean {
  const parts = split(path)
  return globs.reduce((matched, glob) => (matchesFile(glob, parts) ? !glob.negate : matched), false)
}

/** Whether something below this folder may be meant. */
export function mayContain(globs: readonly Glob[], path: string): boolean {
  const parts = split(path)
  return globs.some((glob) => !glob.negate && matchesPrefix(glob.segments, parts))
}

/** Where to look: no path is below another one. */
export function searchPaths(globs: readonly Glob[]): readonly string[] {
  const paths = [...new Set(globs.filter((glob) => !glob.negate).map((glob) => glob.searchPath))]
  return paths.filter(
    (path) => !paths.some((other) => other !== path && path.startsWith(other === '/' ? '/' : `${other}/`)),
  )
}

function matchesFile(glob: Glob, parts: readonly string[]): boolean {
  if (!glob.foldersOnly && matches(glob.segments, parts)) return true
  return parts.some((_, depth) => depth > 0 && matches(glob.segments, parts.slice(0, depth)))
}

function matches(segments: readonly Segment[], parts: readonly string[]): boolean {
  const [segment, ...rest] = segments
  if (segment === undefined) return parts.length === 0
  if (segment.kind === 'one') {
    const [part, ...others] = parts
    return part !== undefined && segment.regexp.test(part) && matches(rest, others)
  }
  return parts.some((_, skip) => matches(rest, parts.slice(skip))) || matches(rest, [])
}

/** As `matches`, for a folder on the way: also true where the pattern goes on below it, or has matched above it. */
function matchesPrefix(segments: readonly Segment[], parts: readonly string[]): boolean {
  const [segment, ...rest] = segments
  const [part, ...others] = parts
  if (segment === undefined || part === undefined || segment.kind === 'any') return true
  return segment.regexp.test(part) && matchesPrefix(rest, others)
}

function split(path: string): readonly string[] {
  return path.split('/').filter((part) => part !== '')
}

/** The text a segment stands for, or undefined where it has a wildcard. */
function literal(segment: string): string | undefined {
  const text = segment.replaceAll(/\[([^\]])\]/g, '\\$1')
  return /(^|[^\\])[*?[]/.test(text) ? undefined : text.replaceAll(/\\(.)/g, '$1')
}

function escapeGlob(path: string): string {
  return path.replaceAll(/[*?[]/g, '[$&]')
}

function segmentRegExp(segment: string): RegExp {
  const source = segment.replaceAll(
    /\\(.)|\[(!|\^)?(\]?[^\]]*)\]|\*+|\?|[^\\[*?]|\\|\[/gs,
    (token, escaped, not, set) => {
      if (escaped !== undefined) return quote(escaped)
      if (set !== undefined && set !== '')
        return `[${not === undefined ? '' : '^'}${set.replaceAll(/[\\\]^[]/g, '\\$&')}]`
      if (token.startsWith('*')) return '.*'
      return token === '?' ? '.' : quote(token)
    },
  )
  return new RegExp(`^${source}$`, 's')
}

function quote(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
}
