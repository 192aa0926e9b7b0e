/** One connection to the supervisor: challenge, hello, then requests until it breaks or another controller comes. */
import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { FrameReader, jsonFrame, rawHeader } from './frame.ts'
import { HELLO_PATIENCE_MS, PING_INTERVAL_MS, PING_PATIENCE_MS } from './limit.ts'
import { type Hello, parseHello, parseRequest, type Request, refusedId, type SupervisorMessage } from './message.ts'
import { PROTOCOL_VERSION } from './protocol.ts'

export interface Connection {
  readonly hello: Hello
  send(message: SupervisorMessage, raw?: Uint8Array): void
  /** Sends what was said, then closes. */
  close(): void
}

export interface ConnectionEvents {
  /** Answers with what to say to a hello; the connection lives on after a welcome only. */
  readonly hello: (nonce: string, connection: Connection) => SupervisorMessage
  /** `raw`: the bytes that came with it. */
  readonly request: (connection: Connection, request: Exclude<Request, { kind: 'ping' }>, raw: Uint8Array) => void
  readonly closed: (connection: Connection) => void
}

const NOTHING = new Uint8Array(0)

/** Serves a socket. Whatever breaks the rules cuts it; nothing a stranger sends before the hello reaches anything else. */
export function serveConnection(socket: Socket, pod: string, events: ConnectionEvents): void {
  const nonce = randomBytes(24).toString('base64')
  const reader = new FrameReader()
  let connection: Connection | undefined
  let waiting: Exclude<Request, { kind: 'ping' }> | undefined
  let heardMs = Date.now()

  const send = (message: SupervisorMessage, raw?: Uint8Array): void => {
    if (socket.destroyed) return
    socket.cork()
    socket.write(jsonFrame(message))
    if (raw !== undefined) {
      socket.write(rawHeader(raw.length))
      socket.write(raw)
    }
    socket.uncork()
  }

  function takeHello(value: unknown): void {
    const hello = parseHello(value)
    if (hello === undefined) return void socket.destroy()
    clearTimeout(patience)
    const candidate = { hello, send, close: () => void socket.end() }
    const verdict = events.hello(nonce, candidate)
    send(verdict)
    if (verdict.kind !== 'welcome') return void socket.end()
    connection = candidate
    reader.trust()
  }

  function takeRequest(to: Connection, value: unknown): void {
    const request = parseRequest(value)
    if (waiting !== undefined) return void socket.destroy()
    if (request === undefined) refuseRequest(refusedId(value))
    else if (request.kind === 'ping') return
    else if (request.kind === 'tree') waiting = request
    else events.request(to, request, NOTHING)
  }

  function refuseRequest(id: number | undefined): void {
    if (id === undefined) socket.destroy()
    else send({ kind: 'error', id, code: 'bad-request', message: 'a field of the request is not allowed' })
  }

  function takeRaw(to: Connection | undefined, bytes: Uint8Array): void {
    const request = waiting
    waiting = undefined
    if (to === undefined || request?.kind !== 'tree' || request.raw !== bytes.length) return void socket.destroy()
    events.request(to, request, bytes)
  }

  const patience = setTimeout(() => socket.destroy(), HELLO_PATIENCE_MS)
  const ping = setInterval(() => {
    if (Date.now() - heardMs > PING_PATIENCE_MS) socket.destroy()
    else if (connection !== undefined) send({ kind: 'ping' })
  }, PING_INTERVAL_MS)

  socket.setNoDelay(true)
  socket.on('data', (chunk) => {
    heardMs = Date.now()
    try {
      for (const frame of reader.push(chunk)) {
        if (frame.kind === 'raw') takeRaw(connection, frame.bytes)
        else if (connection === undefined) takeHello(frame.value)
        else takeRequest(connection, frame.value)
        if (socket.destroyed) return
      }
    } catch {
      // A frame that breaks the rules: there is nobody to talk to at the other end.
      socket.destroy()
    }
  })
  socket.on('error', () => socket.destroy())
  socket.on('close', () => {
    clearTimeout(patience)
    clearInterval(ping)
    if (connection !== undefined) events.closed(connection)
  })
  send({ kind: 'challenge', version: PROTOCOL_VERSION, nonce, pod })
}
