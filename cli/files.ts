/** Reads the workflow files that a command names. */
import { readdir, readFile, stat } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { WORKFLOW_CHARACTERS_MAX } from '../shared/limit.ts'
import { UsageError } from './exit.ts'
import type { WorkflowFile } from './selection.ts'

/** `paths` are files or folders, relative to `folder`; of a folder, every `.yml` and `.yaml` in it. */
export async function readWorkflowFiles(folder: string, paths: readonly string[]): Promise<WorkflowFile[]> {
  const files: WorkflowFile[] = []
  for (const path of paths) {
    const stats = await stat(resolve(folder, path)).catch((error: unknown) => {
      throw new UsageError(`${path} ${whyUnreadable(error)}`)
    })
    const names = stats.isDirectory() ? await workflowNames(resolve(folder, path)) : ['']
    if (names.length === 0) throw new UsageError(`${path} has no workflow: no file in it ends in .yml or .yaml`)
    for (const name of names) {
      const absolute = join(resolve(folder, path), name)
      const file = relative(folder, absolute)
      files.push({ file, text: await readWorkflow(file, absolute), named: name === '' })
    }
  }
  return files
}

async function workflowNames(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  return entries
    .filter((entry) => !entry.isDirectory() && /\.ya?ml$/.test(entry.name))
    .map((entry) => entry.name)
    .sort()
}

/** A named pipe or a device may have no end, or no beginning. */
async function readWorkflow(file: string, absolute: string): Promise<string> {
  try {
    const stats = await stat(absolute)
    if (!stats.isFile()) throw new UsageError(`${file} is no regular file: a workflow is read from a file`)
    if (stats.size > FILE_BYTES_MAX)
      throw new UsageError(`${file} has ${stats.size} bytes, which is too large for a workflow: is it the right file?`)
    return await readFile(absolute, 'utf8')
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError(`${file} ${whyUnreadable(error)}`)
  }
}

/** Largest file that is read as a workflow, in bytes; its characters are counted by the parser. Source: four bytes a character at most in UTF-8. */
const FILE_BYTES_MAX = 4 * WORKFLOW_CHARACTERS_MAX

/** A file that a flag names; `<(command)` of a shell is one, too. */
export async function readNamedFile(flag: string, path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    throw new UsageError(`${flag} ${path} ${whyUnreadable(error)}`)
  })
}

/** In words where they are known. Source: errno(3). */
const REASONS: { readonly [code: string]: string } = {
  ENOENT: 'is not there',
  ENOTDIR: 'is not there: a part of its path is a file',
  EISDIR: 'is a folder, not a file',
  EACCES: 'may not be read: look at its permissions, and those of its folders',
  EPERM: 'may not be read: look at its permissions, and those of its folders',
  ELOOP: 'cannot be read: its symbolic links lead in a circle',
}

/** The end of a sentence that begins with the file's name. */
export function whyUnreadable(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
  return REASONS[code] ?? `cannot be read: ${code}`
}
