/** The reading end of a named pipe. */
import { closeSync, constants, openSync, readSync } from 'node:fs'
import { Socket } from 'node:net'
import { isCode } from './folder.ts'

/** Opens without waiting for a writer. */
export function openPipe(path: string): number {
  return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
}

/**
 * Reads into `buffer`; `data` gets the length and must be done with the bytes when it returns, `end` comes when the last writer is gone.
 * With `hadWriters` a pipe without writers has ended; otherwise they are still to come. (The kernel reports no end on a pipe whose
 * writers had left before it was opened, so that is looked at once by hand.)
 */
export function readPipe(
  fd: number,
  buffer: Uint8Array,
  hadWriters: boolean,
  data: (length: number) => void,
  end: () => void,
): Socket | undefined {
  if (hadWriters && drainNow(fd, buffer, data) === 'ended') {
    closeSync(fd)
    setImmediate(end)
    return undefined
  }
  const onread = {
    buffer,
    callback(length: number) {
      data(length)
      return true
    },
  }
  const socket = new Socket({ fd, readable: true, writable: false, onread })
  socket.once('close', end)
  // An error on a pipe is its end: nothing can be read from it any more, and what is missing shows in the exit.
  socket.on('error', () => socket.destroy())
  socket.resume()
  return socket
}

function drainNow(fd: number, buffer: Uint8Array, data: (length: number) => void): 'open' | 'ended' {
  for (;;) {
    try {
      const length = readSync(fd, buffer, 0, buffer.length, null)
      if (length === 0) return 'ended'
      data(length)
    } catch (error) {
      if (isCode(error, 'EAGAIN')) return 'open'
      throw error
    }
  }
}
