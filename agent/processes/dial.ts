/** A way to the supervisor of a pod of this machine; starts it again where its keeper is dead too. */
import { closeSync, existsSync, openSync } from 'node:fs'
import { createConnection, type Socket } from 'node:net'
import { join } from 'node:path'
import { LongshoreError } from '../../shared/error.ts'
import type { PodFolder } from './pod-folder.ts'

export const SOCKET_NAME = 'socket'

/** Rejects with `pod-gone` (never) when the pod is removed or its supervisor has ended, with `unreachable` (later) otherwise. */
export async function dialSupervisor(pod: PodFolder, revive: () => void): Promise<Socket> {
  if (!existsSync(join(pod.root, 'pod.json'))) throw new LongshoreError('pod-gone', 'never', 'the pod was removed')
  if (existsSync(join(pod.state, 'over'))) {
    throw new LongshoreError('pod-gone', 'never', 'the pod ended itself, because no agent came for it in time')
  }
  try {
    return await connect(pod.state)
  } catch (cause) {
    revive()
    throw new LongshoreError('unreachable', 'later', "the pod's supervisor does not answer", { cause })
  }
}

/** A socket's path may have some 100 bytes only (unix(7)): through the folder's descriptor it is short wherever the folder is. */
function connect(folder: string): Promise<Socket> {
  const fd = openSync(folder, 'r')
  return new Promise<Socket>((resolve, reject) => {
    const socket = createConnection(`/proc/self/fd/${fd}/${SOCKET_NAME}`)
    socket.once('connect', () => resolve(socket.off('error', reject)))
    socket.once('error', reject)
  }).finally(() => closeSync(fd))
}
