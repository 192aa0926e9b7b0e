/** The JSON frames of protocol.ts, one by one. Requests are parsed here, for the supervisor; the agent parses what comes back (agent/channel/answer.ts). */
import type { RunnerFacts, StartCommand, StepSignal } from './protocol.ts'

/** From the supervisor. `raw`: that many bytes follow in a raw frame. */
export type SupervisorMessage =
  | { readonly kind: 'challenge'; readonly version: number; readonly nonce: string; readonly pod: string }
  /** `number`: the highest of this epoch's journal numbers. */
  | { readonly kind: 'welcome'; readonly facts: RunnerFacts; readonly number: number }
  | { readonly kind: 'refused'; readonly code: RefusalCode }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown; readonly raw?: number }
  | { readonly kind: 'error'; readonly id: number; readonly code: string; readonly message: string }
  | { readonly kind: 'ping' }

/** `superseded`: a higher epoch is or was here; `ghost`: a later connection of the same session is; `signature`, `version`: not for us. */
export type RefusalCode = 'superseded' | 'ghost' | 'signature' | 'version'

export interface Hello {
  readonly kind: 'hello'
  readonly version: number
  readonly epoch: number
  /** Random, of one controller: under the same epoch only it may come again. */
  readonly session: string
  /** Rises with each connection of a session, so that one that was given up cannot take the place of its successor. */
  readonly attempt: number
  /** Ed25519 over `helloText`, base64. */
  readonly signature: string
}

/** What a controller signs. */
export function helloText(nonce: string, pod: string, hello: Omit<Hello, 'signature' | 'kind'>): string {
  return ['longshore hello', hello.version, nonce, pod, hello.epoch, hello.session, hello.attempt].join('\n')
}

/** A piece of a tree; the bytes of all files of a request follow each other in its raw frame. */
export type TreePiece =
  | {
      readonly kind: 'file'
      readonly path: string
      readonly mode: number
      readonly at: number
      readonly length: number
    }
  | { readonly kind: 'directory'; readonly path: string; readonly mode: number }
  | { readonly kind: 'symlink'; readonly path: string; readonly target: string }

/** From the agent, after the hello. All may be sent again under the same id when a connection broke: they take effect once. */
export type Request =
  | { readonly kind: 'journal'; readonly id: number; readonly from: number }
  | { readonly kind: 'append'; readonly id: number; readonly entries: readonly NumberedEntry[] }
  | {
      readonly kind: 'start'
      readonly id: number
      readonly entries: readonly NumberedEntry[]
      readonly command: StartCommand
    }
  | { readonly kind: 'read'; readonly id: number; readonly key: string; readonly from: number }
  | { readonly kind: 'end'; readonly id: number; readonly key: string }
  | { readonly kind: 'signal'; readonly id: number; readonly key: string; readonly signal: StepSignal }
  | { readonly kind: 'hash'; readonly id: number; readonly patterns: readonly string[]; readonly follow: boolean }
  | { readonly kind: 'file'; readonly id: number; readonly path: string; readonly maxBytes: number }
  | {
      readonly kind: 'tree'
      readonly id: number
      readonly root: string
      readonly pieces: readonly TreePiece[]
      readonly raw: number
    }
  | { readonly kind: 'cancel'; readonly id: number }
  | { readonly kind: 'ping' }

/** An entry and its number within the epoch, from 1. */
export interface NumberedEntry {
  readonly number: number
  readonly entry: unknown
}

/** The controller's hello, or undefined where it is none. */
export function parseHello(value: unknown): Hello | undefined {
  const hello = value as Hello
  const numbers = isObject(value) && [hello.version, hello.epoch, hello.attempt].every(isCount)
  const texts = isObject(value) && [hello.session, hello.signature].every((text) => typeof text === 'string')
  return numbers && texts && hello.kind === 'hello' ? hello : undefined
}

/** A request of the authenticated controller, or undefined where it is none. Checks what would break the supervisor, not what the controller means. */
export function parseRequest(value: unknown): Request | undefined {
  if (!isObject(value)) return undefined
  const request = value as Request
  if (request.kind === 'ping') return request
  if (!isCount(request.id)) return undefined
  switch (request.kind) {
    case 'journal':
      return isCount(request.from) ? request : undefined
    case 'append':
      return areEntries(request.entries) ? request : undefined
    case 'start':
      return areEntries(request.entries) && isStartCommand(request.command) ? request : undefined
    case 'read':
      return isText(request.key) && isCount(request.from) ? request : undefined
    case 'end':
      return isText(request.key) ? request : undefined
    case 'signal':
      return isText(request.key) && ['SIGINT', 'SIGTERM', 'SIGKILL'].includes(request.signal) ? request : undefined
    case 'hash':
      return areTexts(request.patterns) ? request : undefined
    case 'file':
      return isText(request.path) && isCount(request.maxBytes) ? request : undefined
    case 'tree':
      return typeof request.root === 'string' && isCount(request.raw) && arePieces(request.pieces) ? request : undefined
    case 'cancel':
      return request
  }
  return undefined
}

/** The id of what is no request: its sender waits for an answer, and would ask again on the next connection if this one was cut. */
export function refusedId(value: unknown): number | undefined {
  return isObject(value) && isCount(value['id']) && value['kind'] !== 'tree' ? value['id'] : undefined
}

const KEY = /^[A-Za-z0-9_.-]{1,64}$/

function isStartCommand(value: unknown): value is StartCommand {
  if (!isObject(value)) return false
  const command = value as unknown as StartCommand
  return (
    KEY.test(command.key) &&
    areTexts(command.argv) &&
    command.argv.length > 0 &&
    isText(command.cwd) &&
    isTextRecord(command.env) &&
    isTextRecord(command.fileCommands) &&
    (command.script === undefined || (isText(command.script.text) && /^[A-Za-z0-9.]*$/.test(command.script.extension)))
  )
}

function arePieces(value: unknown): value is readonly TreePiece[] {
  return Array.isArray(value) && value.every((piece) => isObject(piece) && typeof piece['path'] === 'string')
}

function areEntries(value: unknown): value is readonly NumberedEntry[] {
  return Array.isArray(value) && value.every((line) => isObject(line) && isCount(line['number']))
}

/** No NUL: neither a path, an argument nor a variable can hold one. */
function isText(value: unknown): value is string {
  return typeof value === 'string' && !value.includes('\0')
}

function areTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(isText)
}

function isTextRecord(value: unknown): value is { readonly [name: string]: string } {
  return (
    isObject(value) && Object.entries(value).every(([name, text]) => isText(text) && name !== '' && !/[=\0]/.test(name))
  )
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function isObject(value: unknown): value is { readonly [field: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
