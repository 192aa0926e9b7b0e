/** Reads one file of the shared volumes for the controller. */

import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Answer } from './answer.ts'
import { isCode } from './folder.ts'
import { READ_FILE_BYTES_MAX } from './limit.ts'

/** Answers null where there is no such file. Throws where it is larger than allowed, or no file. */
export async function readWorkspaceFile(workspace: string, path: string, maxBytes: number): Promise<Answer> {
  try {
    // A named pipe must not hold the supervisor up.
    const file = await open(resolve(workspace, path), constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const found = await file.stat()
      if (!found.isFile()) throw new Error(`${path} is no file`)
      const limit = Math.min(maxBytes, READ_FILE_BYTES_MAX)
      if (found.size > limit) throw new Error(`${path} has ${found.size} bytes, more than ${limit}`)
      const bytes = Buffer.alloc(found.size)
      const { bytesRead } = await file.read(bytes, 0, bytes.length, 0)
      return { value: true, raw: bytes.subarray(0, bytesRead) }
    } finally {
      await file.close()
    }
  } catch (error) {
    if (isCode(error, 'ENOENT') || isCode(error, 'ENOTDIR')) return { value: null }
    throw error
  }
}
