/** The agents of a folder: each leaves a file by which the others can prove that it is dead. */
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { readIfThere, replaceFile } from '../supervisor/folder.ts'

/** A process, told from any later one with the same number. */
interface ProcessIdentity {
  readonly pid: number
  /** Since the boot, in clock ticks. Source: proc_pid_stat(5), field 22. */
  readonly startTicks: string
  readonly boot: string
}

/** Writes the file of this process's agent; answers with its id, which no agent had before. */
export async function registerAgent(folder: string, agent: string): Promise<string> {
  await mkdir(join(folder, 'agents'), { recursive: true, mode: 0o700 })
  const instance = `${agent.replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(0, 50)}.${randomUUID()}`
  replaceFile(join(folder, 'agents', instance), JSON.stringify(identify(process.pid)))
  return instance
}

/** From now on the agent is dead to the others, although its process may live on. */
export async function unregisterAgent(folder: string, instance: string): Promise<void> {
  await rm(join(folder, 'agents', instance), { force: true })
}

/** Whether an agent is proved dead: it said so, or its process is gone. Silence proves nothing. */
export function isDead(folder: string, instance: string): boolean {
  const text = readIfThere(join(folder, 'agents', instance))
  if (text === undefined) return true
  const known = JSON.parse(text) as ProcessIdentity
  const now = identify(known.pid)
  return now === undefined || now.startTicks !== known.startTicks || now.boot !== known.boot
}

function identify(pid: number): ProcessIdentity | undefined {
  const stat = readIfThere(`/proc/${pid}/stat`)
  const startTicks = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  return startTicks === undefined ? undefined : { pid, startTicks, boot }
}
