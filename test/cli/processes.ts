/** Looks for what a command left behind: processes and files of a temporary folder that was its TMPDIR. */
import { readdir, readFile } from 'node:fs/promises'

/** Processes whose command line or environment names the folder, as `pid command line`. */
export async function processesOf(folder: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
  const found = await Promise.all(
    pids.map(async (pid) => {
      const [line, env] = await Promise.all([textOf(pid, 'cmdline'), textOf(pid, 'environ')])
      return `${line}\0${env}`.includes(folder) ? [`${pid} ${line.replaceAll('\0', ' ')}`] : []
    }),
  )
  return found.flat()
}

/** Empty for a process that is gone, a zombie, or another user's. */
async function textOf(pid: string, file: 'cmdline' | 'environ'): Promise<string> {
  return readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')
}
