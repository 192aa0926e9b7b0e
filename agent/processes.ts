/**
 * Backend over child processes of this machine: the same launcher and supervisor as in a cluster, in a folder instead of a pod. All agents
 * of a cluster on this machine share the folder.
 *
 *   <folder>/controller.pem     the agents' key          <folder>/pods/<name>/workspace, temp, workflow   the job's
 *   <folder>/agents/<instance>  who lives                <folder>/pods/<name>/supervisor                  private
 *   /dev/shm/longshore-<uid>/   launcher, file-commands: in memory
 */
import { randomUUID } from 'node:crypto'
import { mkdir, readdir, realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Clock } from '../shared/clock.ts'
import { LongshoreError } from '../shared/error.ts'
import type { Backend, Pod, PodRequest } from './backend.ts'
import { openChannel } from './channel/open.ts'
import type { Supervisor } from './channel.ts'
import { isDead, registerAgent, unregisterAgent } from './processes/agent.ts'
import { dialSupervisor, SOCKET_NAME } from './processes/dial.ts'
import { type ControllerKey, readControllerKey } from './processes/key.ts'
import { podName } from './processes/name.ts'
import { readOwner, takeOwnership } from './processes/owner.ts'
import {
  makeMemoryFolder,
  makePodFolder,
  type PodFolder,
  podFolder,
  podRoot,
  readPodFile,
  trackingId,
} from './processes/pod-folder.ts'
import { removePodFolder } from './processes/remove.ts'
import { type Programs, startKeeper, startLauncher } from './processes/start.ts'
import type { SupervisorConfig } from './supervisor/folder.ts'

export interface ProcessesOptions {
  /** Private root (0700), shared by all agents of the cluster on this machine. */
  readonly folder: string
  /** This agent's id. */
  readonly agent: string
  /** The supervisor's entry, a path or a `file:` URL; launcher.sh and keeper.sh stand beside it. */
  readonly supervisorPath: string | URL
  /** What steps inherit. */
  readonly hostEnv: { readonly [name: string]: string | undefined }
  /** RUNNER_TOOL_CACHE; a folder below `folder` where absent. */
  readonly toolCache?: string
  readonly clock: Clock
}

/** `close` leaves the pods running, for other agents to adopt at once. */
export type ProcessesBackend = Backend & { close(): Promise<void> }

/** Makes the folder and the key where they are missing. Resolves when this agent can own pods. */
export async function createProcessesBackend(options: ProcessesOptions): Promise<ProcessesBackend> {
  await mkdir(join(options.folder, 'pods'), { recursive: true, mode: 0o700 })
  const folder = await realpath(options.folder)
  const toolCache = options.toolCache ?? join(folder, 'tool-cache')
  await mkdir(toolCache, { recursive: true })
  const key = await readControllerKey(folder)
  const instance = await registerAgent(folder, options.agent)
  return new Processes({ ...options, folder, toolCache }, key, instance)
}

class Processes implements ProcessesBackend {
  readonly kind = 'processes'
  readonly #options: ProcessesOptions & { readonly toolCache: string }
  readonly #key: ControllerKey
  readonly #instance: string
  readonly #programs: Programs
  readonly #hostEnv: { readonly [name: string]: string }
  readonly #channels = new Set<Supervisor>()

  constructor(options: ProcessesOptions & { readonly toolCache: string }, key: ControllerKey, instance: string) {
    this.#options = options
    this.#key = key
    this.#instance = instance
    this.#programs = findPrograms(options.supervisorPath)
    this.#hostEnv = Object.fromEntries(
      Object.entries(options.hostEnv).filter((entry): entry is [string, string] => entry[1] !== undefined),
    )
  }

  async create(request: PodRequest, signal: AbortSignal): Promise<Pod> {
    signal.throwIfAborted()
    const { issuer, ref, epoch } = request
    const fresh = { name: podName(issuer, ref), uid: randomUUID(), ref, issuer, epoch }
    const folder = this.#folderOf(fresh)
    const owner = { epoch, instance: this.#instance }
    const made = await makePodFolder(
      folder,
      { uid: fresh.uid, issuer, ref },
      owner,
      this.#config(fresh, request.graceMs),
    )
    const pod = made ? fresh : await this.#takeExisting(fresh)
    this.#start(pod)
    return pod
  }

  async #takeExisting(wanted: Pod): Promise<Pod> {
    const root = podRoot(this.#options.folder, wanted.name)
    const file = readPodFile(root)
    const owner = await readOwner(root)
    if (file === undefined || owner === undefined) {
      throw new LongshoreError('unreachable', 'later', `the pod ${wanted.name} is being removed`)
    }
    if (owner.epoch > wanted.epoch || !(await takeOwnership(root, { epoch: wanted.epoch, instance: this.#instance }))) {
      throw new LongshoreError('superseded', 'never', `the pod ${wanted.name} is owned under epoch ${owner.epoch}`)
    }
    return { ...wanted, uid: file.uid }
  }

  async connect(pod: Pod, signal: AbortSignal): Promise<Supervisor> {
    const folder = this.#folderOf(pod)
    if (readPodFile(folder.root)?.uid !== pod.uid)
      throw new LongshoreError('pod-gone', 'never', `the pod ${pod.name} was removed`)
    const identity = {
      pod: pod.name,
      epoch: pod.epoch,
      session: this.#instance,
      sign: (text: string) => this.#key.sign(text),
    }
    const dial = () => dialSupervisor(folder, () => this.#start(pod))
    const channel = await openChannel(dial, identity, this.#options.clock, signal)
    this.#channels.add(channel)
    return {
      ...channel,
      close: () => {
        this.#channels.delete(channel)
        channel.close()
      },
    }
  }

  async orphans(signal: AbortSignal): Promise<readonly Pod[]> {
    const orphans: Pod[] = []
    for (const name of await readdir(join(this.#options.folder, 'pods'))) {
      signal.throwIfAborted()
      const root = podRoot(this.#options.folder, name)
      const file = readPodFile(root)
      const owner = await readOwner(root)
      // One that is being made or removed goes by another name than its own.
      if (file === undefined || owner === undefined || podName(file.issuer, file.ref) !== name) continue
      if (isDead(this.#options.folder, owner.instance)) orphans.push({ ...file, name, epoch: owner.epoch })
    }
    return orphans
  }

  async adopt(orphan: Pod): Promise<Pod | undefined> {
    const folder = this.#folderOf(orphan)
    const owner = await readOwner(folder.root)
    if (owner?.epoch !== orphan.epoch || readPodFile(folder.root)?.uid !== orphan.uid) return undefined
    const next = { epoch: orphan.epoch + 1, instance: this.#instance }
    return (await takeOwnership(folder.root, next)) ? { ...orphan, epoch: next.epoch } : undefined
  }

  async remove(pod: Pod): Promise<void> {
    const folder = this.#folderOf(pod)
    const owner = await readOwner(folder.root)
    // The job removed its own folder: nobody can take the pod over, and what runs of it still is found by its uid.
    if (owner === undefined) return removePodFolder(folder, trackingId(pod))
    if (owner.epoch !== pod.epoch || readPodFile(folder.root)?.uid !== pod.uid) return
    // The next epoch is the remover's: nobody adopts what is about to vanish.
    if (!(await takeOwnership(folder.root, { epoch: pod.epoch + 1, instance: this.#instance }))) return
    await removePodFolder(folder, trackingId(pod))
  }

  async close(): Promise<void> {
    for (const channel of this.#channels) channel.close()
    this.#channels.clear()
    await unregisterAgent(this.#options.folder, this.#instance)
  }

  #folderOf(pod: Pick<Pod, 'name' | 'uid'>): PodFolder {
    return podFolder(this.#options.folder, pod)
  }

  #start(pod: Pod): void {
    const folder = this.#folderOf(pod)
    makeMemoryFolder(folder)
    startLauncher(folder, this.#programs, trackingId(pod), this.#hostEnv)
    startKeeper(folder, this.#programs, trackingId(pod))
  }

  #config(pod: Pod, graceMs: number): SupervisorConfig {
    const { workspace, temp, workflow, state, launcher } = this.#folderOf(pod)
    return {
      pod: pod.name,
      controllerKey: this.#key.publicKey,
      trackingId: trackingId(pod),
      graceMs,
      launcher,
      state,
      paths: { workspace, temp, workflow, toolCache: this.#options.toolCache },
      starter: [process.execPath, '--no-warnings', this.#programs.supervisor, 'program'],
      listen: { kind: 'socket', name: SOCKET_NAME },
      sharesProcesses: true,
    }
  }
}

function findPrograms(supervisorPath: string | URL): Programs {
  const path = String(supervisorPath)
  const supervisor = path.startsWith('file:') ? fileURLToPath(path) : path
  const folder = dirname(supervisor)
  return { supervisor, launcher: join(folder, 'launcher.sh'), keeper: join(folder, 'keeper.sh') }
}
