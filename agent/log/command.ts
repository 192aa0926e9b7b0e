/**
 * Workflow commands: lines by which a step talks to its runner. Two spellings, `::name key=value,key=value::data` at the start of a line and
 * `##[name key=value;key=value]data` anywhere in it. Only known names are commands; any other line is plain output.
 * Source: actions/runner ActionCommand.cs.
 */

/** Source: actions/runner ActionCommandManager.cs, the registered commands; `internal-set-repo-path` is for its own plugin only. */
export const COMMAND_NAMES = [
  'add-mask',
  'add-matcher',
  'add-path',
  'debug',
  'echo',
  'endgroup',
  'error',
  'group',
  'notice',
  'remove-matcher',
  'save-state',
  'set-env',
  'set-output',
  'stop-commands',
  'warning',
] as const

/** One of GitHub's commands, in lower case. */
export type CommandName = (typeof COMMAND_NAMES)[number]

/** A line of output that is a command. */
export interface Command {
  /** A known name, or the token that ends `stop-commands`. Lower-case. */
  readonly name: string
  /** Unescaped; names in lower case, the last of equal names wins. */
  readonly properties: ReadonlyMap<string, string>
  /** Unescaped, so it may have several lines. */
  readonly data: string
}

/**
 * The command on this line, or undefined where there is none. `token` is the name that ends a `stop-commands` and counts as known while
 * commands are stopped. Pure; takes the raw line, before masking, without its line break.
 */
export function parseCommand(line: string, token?: string): Command | undefined {
  return parseColons(line, token) ?? parseBracket(line, token)
}

/** Of a name in lower case. */
export function isCommandName(name: string): name is CommandName {
  const names: readonly string[] = COMMAND_NAMES
  return names.includes(name)
}

function parseColons(line: string, token: string | undefined): Command | undefined {
  const text = line.trimStart()
  if (!text.startsWith('::')) return undefined
  const end = text.indexOf('::', 2)
  if (end < 0) return undefined
  const head = parseHead(text.slice(2, end), token)
  if (head === undefined) return undefined
  return {
    name: head.name,
    properties: parseProperties(head.properties.trim(), ',', unescapeProperty),
    data: unescapeData(text.slice(end + 2)),
  }
}

function parseBracket(line: string, token: string | undefined): Command | undefined {
  const start = line.indexOf('##[')
  if (start < 0) return undefined
  const end = line.indexOf(']', start)
  if (end < 0) return undefined
  const head = parseHead(line.slice(start + 3, end), token)
  if (head === undefined) return undefined
  return {
    name: head.name,
    properties: parseProperties(head.properties, ';', unescapeBracket),
    data: unescapeBracket(line.slice(end + 1)),
  }
}

function parseHead(head: string, token: string | undefined): { name: string; properties: string } | undefined {
  const space = head.indexOf(' ')
  const name = (space < 0 ? head : head.slice(0, space)).toLowerCase()
  if (!isCommandName(name) && name !== token?.toLowerCase()) return undefined
  return { name, properties: space > 0 ? head.slice(space + 1) : '' }
}

/** Pairs without a name or without a value are dropped; a value may hold `=`, and loses those it begins with. */
function parseProperties(
  text: string,
  separator: string,
  decode: (value: string) => string,
): ReadonlyMap<string, string> {
  const properties = new Map<string, string>()
  for (const pair of text.split(separator)) {
    const match = /^=*([^=]+)=+([^=].*)$/su.exec(pair)
    if (match?.[1] !== undefined && match[2] !== undefined) properties.set(match[1].toLowerCase(), decode(match[2]))
  }
  return properties
}

/** `%25` comes last everywhere: `%250A` is the text `%0A`. */
function unescapeData(text: string): string {
  return text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%')
}

function unescapeProperty(text: string): string {
  return text
    .replaceAll('%0D', '\r')
    .replaceAll('%0A', '\n')
    .replaceAll('%3A', ':')
    .replaceAll('%2C', ',')
    .replaceAll('%25', '%')
}

function unescapeBracket(text: string): string {
  return text
    .replaceAll('%3B', ';')
    .replaceAll('%0D', '\r')
    .replaceAll('%0A', '\n')
    .replaceAll('%5D', ']')
    .replaceAll('%25', '%')
}
