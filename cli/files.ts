/** Reads the workflow files that a command names. */
import { readdir, readFile, stat } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { UsageError } from './exit.ts'
import type { WorkflowFile } from './selection.ts'

/** `paths` are files or folders, relative to `folder`; of a folder, every `.yml` and `.yaml` in it. */
export async function readWorkflowFiles(folder: string, paths: readonly string[]): Promise<WorkflowFile[]> {
  const files: WorkflowFile[] = []
  for (const path of paths) {
    const stats = await stat(resolve(folder, path)).catch(() => undefined)
    if (stats === undefined) throw new UsageError(`${path} is not there`)
    const names = stats.isDirectory() ? await workflowNames(resolve(folder, path)) : ['']
    if (names.length === 0) throw new UsageError(`${path} has no workflow: no file in it ends in .yml or .yaml`)
    for (const name of names) {
      const absolute = join(resolve(folder, path), name)
      const file = relative(folder, absolute)
      files.push({ file, text: await readFile(absolute, 'utf8'), named: name === '' })
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

/** A file that a flag names. */
export async function readNamedFile(flag: string, path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
    throw new UsageError(`${flag} ${path} cannot be read: ${code}`)
  })
}
