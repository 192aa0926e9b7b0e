/**
 * What may go to a terminal. Logs, names and messages of a run are written by whoever wrote its steps: of all escape sequences only
 * colours (SGR) reach the terminal, and they end with their line. Cursor moves, titles, links, clipboard access do not.
 * Source: ECMA-48, 5th edition, sections 5.4 (control sequences) and 8.3.117 (SGR).
 */

const ESCAPE = '\u001b'

/** Ends all colours. */
const RESET = `${ESCAPE}[0m`

/**
 * In this order: a colour, any other control sequence, a string sequence (title, link, clipboard: OSC, DCS, SOS, PM, APC) up to its end or the
 * line's, any other escape sequence, and every control character except the tab.
 */
const SEQUENCE =
  /(\u001b\[[0-9;:]*m)|\u001b\[[0-?]*[ -/]*[@-~]?|\u001b[\]PX^_].*?(?:\u0007|\u001b\\|\u009c|$)|\u001b[ -/]*[0-~]?|[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/g

/** One line of untrusted text with nothing but text and colours left; without `colour`, nothing but text. */
export function safeLine(text: string, colour: boolean): string {
  const shown = afterLastReturn(text)
  let coloured = false
  const safe = shown.replace(SEQUENCE, (_whole, sgr: string | undefined) => {
    if (sgr === undefined || !colour) return ''
    coloured = true
    return sgr
  })
  return coloured ? safe + RESET : safe
}

/** A progress bar writes its states over each other, divided by returns: the last one is what would be seen. */
function afterLastReturn(text: string): string {
  if (!text.includes('\r')) return text
  return text.split('\r').findLast((part) => part !== '') ?? ''
}

/** The little that the command draws with. */
export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'blue' | 'cyan'

const CODES: { readonly [style in Style]: readonly [on: number, off: number] } = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  cyan: [36, 39],
}

/** Writes text in a style, or as it is where colours are off. */
export type Paint = (style: Style, text: string) => string

/** Without colour the text comes back as it is. */
export function painter(colour: boolean): Paint {
  return (style, text) => {
    const [on, off] = CODES[style]
    return colour ? `${ESCAPE}[${on}m${text}${ESCAPE}[${off}m` : text
  }
}

/** Whether to colour: FORCE_COLOR beats NO_COLOR beats what the stream is. Source: no-color.org, force-color.org. */
export function wantsColour(env: { readonly [name: string]: string | undefined }, isTerminal: boolean): boolean {
  const force = env['FORCE_COLOR']
  if (force !== undefined && force !== '') return force !== '0' && force !== 'false'
  if (env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== '') return false
  return isTerminal && env['TERM'] !== 'dumb'
}

const COLOUR = /\u001b\[[0-9;:]*m/g

/** Columns a line takes on a terminal. East Asian wide characters and emoji take two, combining marks none. */
export function widthOf(line: string): number {
  let width = 0
  for (const character of line.replace(COLOUR, '')) width += characterWidth(character)
  return width
}

/** Cuts a line to at most `columns`, with an ellipsis where something is missing. Colours stay whole. */
export function cutTo(line: string, columns: number): string {
  if (widthOf(line) <= columns) return line
  let width = 0
  let cut = ''
  for (const [part] of line.matchAll(/\u001b\[[0-9;:]*m|./gsu)) {
    if (part.startsWith(ESCAPE)) {
      cut += part
      continue
    }
    if (width + characterWidth(part) > columns - 1) return `${cut}…${line.includes(ESCAPE) ? RESET : ''}`
    width += characterWidth(part)
    cut += part
  }
  return cut
}

const COMBINING = /^[\p{Mn}\p{Me}\p{Cf}]$/u
const WIDE =
  /^[\p{Emoji_Presentation}\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]$/u

function characterWidth(character: string): number {
  const code = character.codePointAt(0) ?? 0
  if (code < 0x300) return 1
  if (COMBINING.test(character)) return 0
  return WIDE.test(character) || code >= 0x20000 ? 2 : 1
}
