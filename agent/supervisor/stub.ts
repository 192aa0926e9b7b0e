/**
 * The small script that becomes a step: it sets exactly the step's environment, goes to its folder and turns into its program. Read by dash,
 * bash in POSIX mode and busybox ash. Environment and arguments stand in this file only, which is removed as soon as it runs: never in argv.
 */

/** A program with everything it gets; `argv[0]` is looked up in the `PATH` of `env`. */
export interface Program {
  readonly argv: readonly string[]
  readonly env: { readonly [name: string]: string }
  /** Absolute. */
  readonly cwd: string
}

/** Why a step never ran, as the stub leaves it in `N.refused`. */
export type Refusal = 'no-directory' | 'no-program'

const OPENING = `set -- "$PWD/$1" "$1"
echo $$ >"$1.pid"
echo "s $2 $$" >&4
`

/** The script for a program whose variables a shell can set. Started as `sh N.run N` in the launcher's folder. */
export function stubScript(program: Program): string {
  const [file = '', ...args] = program.argv
  return `${OPENING}cd -- ${quote(program.cwd)} 2>/dev/null || { echo no-directory >"$1.refused"; exit 126; }
unset PATH PWD OLDPWD SHLVL RUNNER_TRACKING_ID _
{
${Object.entries(program.env).map(exportLine).join('')}} 2>/dev/null
command -v ${quote(file)} >/dev/null || { echo no-program >"$1.refused"; exit 127; }
exec ${[file, ...args].map(quote).join(' ')} 4>&-
`
}

/** The script for a program with variables that a shell cannot set: `starter` (a program and its arguments) does it, from the file `N.program`. */
export function starterScript(starter: readonly string[]): string {
  return `${OPENING}exec ${starter.map(quote).join(' ')} "$1" 4>&-
`
}

/**
 * Whether a shell can set exactly these variables: names that are identifiers, and that no shell computes or protects. `_` counts as none,
 * for every program gets its own from a shell.
 */
export function shellCanSet(env: { readonly [name: string]: string }): boolean {
  return Object.keys(env).every((name) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !isComputed(name))
}

/** Source: bash(1), "Shell Variables": readonly or computed ones. dash has PPID, OPTIND and LINENO of them. */
const COMPUTED = new Set(
  'UID EUID PPID SHELLOPTS GROUPS FUNCNAME DIRSTACK RANDOM SRANDOM SECONDS EPOCHSECONDS EPOCHREALTIME LINENO HISTCMD OPTIND'.split(
    ' ',
  ),
)

function isComputed(name: string): boolean {
  return COMPUTED.has(name) || (name.startsWith('BASH') && name !== 'BASH_ENV' && name !== 'BASH')
}

function exportLine([name, value]: [string, string]): string {
  return name === '_' ? '' : `export ${name}=${quote(value)}\n`
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
