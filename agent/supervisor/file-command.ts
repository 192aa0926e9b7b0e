/** A step's file command files: made empty before it starts, read once after its end. What the step made of them is not to be trusted. */
import { randomUUID } from 'node:crypto'
import { closeSync, constants, fstatSync, mkdirSync, openSync, readSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { FILE_COMMAND_BYTES_MAX } from './limit.ts'
import type { ExitRecord } from './protocol.ts'

/** Below RUNNER_TEMP. Source: actions/runner FileCommandManager.cs */
export const FILE_COMMANDS_FOLDER = '_runner_file_commands'

/** Makes a new empty file for each variable; answers with their paths. */
export function makeFileCommands(
  temp: string,
  prefixes: { readonly [variable: string]: string },
): { readonly [variable: string]: string } {
  const folder = join(temp, FILE_COMMANDS_FOLDER)
  mkdirSync(folder, { recursive: true })
  const files = Object.entries(prefixes).map(
    ([variable, prefix]) => [variable, join(folder, prefix + randomUUID())] as const,
  )
  for (const [, path] of files) writeFileSync(path, '', { flag: 'wx' })
  return Object.fromEntries(files)
}

/** Their contents. A file that is gone, or is no file any more, counts as empty. */
export function readFileCommands(files: { readonly [variable: string]: string }): ExitRecord['files'] {
  return Object.fromEntries(Object.entries(files).map(([variable, path]) => [variable, readFileCommand(path)]))
}

function readFileCommand(path: string): { readonly text: string } | { readonly tooLarge: number } {
  let fd: number
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch {
    // Removed, or turned into a link or a folder, by the step: it says nothing then.
    return { text: '' }
  }
  try {
    const stat = fstatSync(fd)
    if (!stat.isFile()) return { text: '' }
    if (stat.size > FILE_COMMAND_BYTES_MAX) return { tooLarge: stat.size }
    const bytes = Buffer.alloc(stat.size)
    return { text: bytes.toString('utf8', 0, readSync(fd, bytes, 0, bytes.length, 0)) }
  } finally {
    closeSync(fd)
  }
}
