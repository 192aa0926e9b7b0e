/** `.gitignore` files, for folders where git itself is not at hand. Source: git's documentation, gitignore(5), "Pattern format". */

/** One pattern, tested against paths relative to the folder its file stands in. */
export interface IgnoreRule {
  /** `!pattern`: takes back what an earlier pattern ignored. */
  readonly negated: boolean
  /** `pattern/`: folders only. */
  readonly directoryOnly: boolean
  readonly matches: RegExp
}

/** The rules of one `.gitignore`, in its order. */
export function parseIgnore(text: string): IgnoreRule[] {
  return text.split(/\r?\n/).flatMap((line) => {
    const pattern = line.replace(/(?<!\\)[ \t]+$/, '')
    return pattern === '' || pattern.startsWith('#') ? [] : [parseRule(pattern)]
  })
}

/** The rules of a folder and of those above it, with where each stands; outermost first. */
export type IgnoreScopes = readonly { readonly folder: string; readonly rules: readonly IgnoreRule[] }[]

/** Whether a path (relative, with `/`) is ignored by itself; that a folder above it is ignored is the walker's to know. The last rule that fits wins. */
export function isIgnored(path: string, isDirectory: boolean, scopes: IgnoreScopes): boolean {
  for (const { folder, rules } of scopes.toReversed()) {
    const relative = folder === '' ? path : path.slice(folder.length + 1)
    const rule = rules.findLast((rule) => (isDirectory || !rule.directoryOnly) && rule.matches.test(relative))
    if (rule !== undefined) return !rule.negated
  }
  return false
}

function parseRule(pattern: string): IgnoreRule {
  const negated = pattern.startsWith('!')
  const positive = negated ? pattern.slice(1) : pattern
  const directoryOnly = positive.endsWith('/')
  const body = directoryOnly ? positive.slice(0, -1) : positive
  // A slash at the start or in the middle ties the pattern to its own folder; without one it fits at any depth.
  const anchored = body.includes('/')
  const glob = globSource(body.startsWith('/') ? body.slice(1) : body)
  return { negated, directoryOnly, matches: new RegExp(`^${anchored ? '' : '(?:.*/)?'}${glob}$`, 's') }
}

/** `**` + `/`, `/` + `**`, `*`, `?`, `[...]`, an escaped character, or any other, one at a time. */
const GLOB_PART = /(^|\/)\*\*\/|\/\*\*$|\*+|\?|\[(?:[!^])?\]?(?:\\.|[^\]\\])*\]|\\.|./gsu

function globSource(glob: string): string {
  return glob.replace(GLOB_PART, (part) => {
    if (part === '**/') return '(?:.*/)?'
    if (part === '/**/') return '/(?:.*/)?'
    if (part === '/**') return '/.+'
    if (part.startsWith('*')) return '[^/]*'
    if (part === '?') return '[^/]'
    if (part.startsWith('[') && part.length > 1)
      return `(?!/)${part.replace(/^\[[!^]/, '[^').replace(/^(\[\^?)\]/, '$1\\]')}`
    if (part.startsWith('\\')) return literal(part.slice(1))
    return literal(part)
  })
}

function literal(character: string): string {
  return character.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')
}
