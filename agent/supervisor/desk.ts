/** Takes the controller's requests. `append` and `start` take effect in the order they came in; the rest as they can. */
import { type Asked, answerRequest, type SupervisedJob } from './answer.ts'
import type { Connection } from './connection.ts'
import type { Request } from './message.ts'
import { RequestError } from './request-error.ts'

export interface Desk {
  take(connection: Connection, request: Exclude<Request, { kind: 'ping' }>, raw: Uint8Array): void
  /** Nobody waits at this connection any more. */
  leave(connection: Connection): void
}

/** `isController` is asked when a request's turn comes: nothing takes effect for one who was superseded meanwhile. */
export function openDesk(job: SupervisedJob, isController: (connection: Connection) => boolean): Desk {
  let turn: Promise<unknown> = Promise.resolve()
  const waiting = new Map<Connection, Map<number, AbortController>>()

  function inTurn<T>(connection: Connection, act: () => T | Promise<T>): Promise<T> {
    const result = turn.then(() => {
      if (!isController(connection)) throw new RequestError('superseded', 'another controller took over')
      return act()
    })
    // Whoever asked hears of a failure; the next one's turn comes all the same.
    turn = result.catch(() => undefined)
    return result
  }

  async function reply(connection: Connection, request: Asked['request'], raw: Uint8Array): Promise<void> {
    const abort = new AbortController()
    const requests = waiting.get(connection) ?? new Map<number, AbortController>()
    waiting.set(connection, requests.set(request.id, abort))
    try {
      const asked = { request, raw, epoch: connection.hello.epoch, signal: abort.signal }
      const { value, raw: bytes } = await answerRequest(job, asked, (act) => inTurn(connection, act))
      if (bytes === undefined) connection.send({ kind: 'answer', id: request.id, value })
      else connection.send({ kind: 'answer', id: request.id, value, raw: bytes.length }, bytes)
    } catch (error) {
      const code = error instanceof RequestError ? error.code : 'failed'
      const message = error instanceof Error ? error.message : 'unknown error'
      connection.send({ kind: 'error', id: request.id, code, message })
    } finally {
      requests.delete(request.id)
    }
  }

  return {
    take(connection, request, raw) {
      if (request.kind === 'cancel') waiting.get(connection)?.get(request.id)?.abort()
      else void reply(connection, request, raw)
    },
    leave(connection) {
      for (const abort of waiting.get(connection)?.values() ?? []) abort.abort()
      waiting.delete(connection)
    },
  }
}
