/** `K=V` flags, and where secrets come from. Messages name the key and never repeat a value. */
import { UsageError } from './exit.ts'

/** `--input K=V` and its like, all of them; the last of a name wins. */
export function parseAssignments(
  flag: string,
  texts: readonly string[],
  divider: '=' | ':' = '=',
): Record<string, string> {
  return Object.fromEntries(texts.map((text) => parseAssignment(flag, text, divider)))
}

function parseAssignment(flag: string, text: string, divider: '=' | ':'): [key: string, value: string] {
  const at = text.indexOf(divider)
  if (at < 1) throw new UsageError(`${flag} wants KEY${divider}VALUE, and has ${at < 0 ? `no "${divider}"` : 'no key'}`)
  return [text.slice(0, at), text.slice(at + 1)]
}

/** Everything that `run` may take secrets from; flags win over files. */
export interface SecretSources {
  /** `--secret K=V` or `--secret K`. */
  readonly flags: readonly string[]
  /** The contents of each `--secret-file`, with its name. */
  readonly files: readonly { readonly file: string; readonly text: string }[]
  readonly env: { readonly [name: string]: string | undefined }
}

/** Files first, flags win. */
export function parseSecrets({ flags, files, env }: SecretSources): Record<string, string> {
  const fromFiles = files.flatMap(({ file, text }) => parseSecretFile(file, text))
  return Object.fromEntries([...fromFiles, ...flags.map((flag) => secretOf(flag, env))])
}

/** Source: GitHub's documentation, "Naming your secrets". */
const SECRET_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/

function secretOf(flag: string, env: SecretSources['env']): [name: string, value: string] {
  const at = flag.indexOf('=')
  if (at === 0 || flag === '') throw new UsageError('--secret wants KEY or KEY=VALUE, and has no key')
  // The rest may be a value whose name was forgotten: it is not repeated.
  if (!SECRET_NAME.test(at > 0 ? flag.slice(0, at) : flag))
    throw new UsageError('--secret wants a name of letters, digits and _, which does not begin with a digit')
  if (at > 0) return [flag.slice(0, at), flag.slice(at + 1)]
  const value = env[flag]
  if (value === undefined) throw new UsageError(`--secret ${flag} reads the environment, and ${flag} is not set there`)
  return [flag, value]
}

/** A line is `KEY=value`, `KEY='value'` or `KEY="value"` (with \n, \t, \", \\; it may go over several lines); `#` and `export ` in front as in a shell. */
const SECRET_LINE =
  /^(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([^\n]*?))[ \t]*(?:\n|$)/s

function parseSecretFile(file: string, text: string): [name: string, value: string][] {
  const found: [string, string][] = []
  let rest = text.replace(/^\ufeff/, '').replaceAll('\r\n', '\n')
  for (let line = 1; rest !== ''; ) {
    const blank = /^[ \t]*(?:#[^\n]*)?(?:\n|$)/.exec(rest)
    const match = blank ?? SECRET_LINE.exec(rest)
    if (match === null) throw new UsageError(`${file}:${line}:1: this line is not KEY=value`)
    const [whole, key, quoted, raw, bare] = match
    if (blank === null && key !== undefined)
      found.push([key, quoted === undefined ? (raw ?? bare ?? '') : unescaped(quoted)])
    line += whole.split('\n').length - 1
    rest = rest.slice(whole.length)
  }
  return found
}

const ESCAPES: { readonly [letter: string]: string } = { n: '\n', r: '\r', t: '\t' }

function unescaped(quoted: string): string {
  return quoted.replace(/\\(.)/gs, (_whole, letter: string) => ESCAPES[letter] ?? letter)
}
