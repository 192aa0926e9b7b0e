/** What a clone says of itself, read from its `.git` folder without git. Source: git's documentation, gitrepository-layout(5). */
import { readFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import type { TriggerRequest } from '../shared/trigger.ts'

/** What the trigger may say of the repository; what is not known is left out, and the dispatcher fills in neutral values. */
export type KnownRef = NonNullable<TriggerRequest['ref']>

/** Where git keeps its files of a working tree: `own` differs from `common` in a linked worktree. */
interface GitFolders {
  readonly folder: string
  readonly own: string
  readonly common: string
}

/** Of the repository that `start` lies in; outside of one, the folder gives the name. */
export async function readRepository(start: string, actor: string | undefined): Promise<KnownRef> {
  const git = await findGit(resolve(start))
  const who = actor === undefined || actor === '' ? {} : { actor }
  if (git === undefined) return { repository: localName(resolve(start)), ...who }
  const remote = parseRemote((await text(join(git.common, 'config'))) ?? '')
  const origin = remote === undefined ? { repository: localName(git.folder) } : remoteRef(remote)
  return { ...origin, ...(await headOf(git)), ...who }
}

async function findGit(start: string): Promise<GitFolders | undefined> {
  for (let folder = start; ; folder = dirname(folder)) {
    const dotGit = join(folder, '.git')
    if ((await text(join(dotGit, 'HEAD'))) !== undefined) return { folder, own: dotGit, common: dotGit }
    const pointer = /^gitdir: (.+)$/m.exec((await text(dotGit)) ?? '')?.[1]
    if (pointer !== undefined) {
      const own = resolve(folder, pointer)
      const common = await text(join(own, 'commondir'))
      return { folder, own, common: common === undefined ? own : resolve(own, common.trim()) }
    }
    if (dirname(folder) === folder) return undefined
  }
}

async function headOf(git: GitFolders): Promise<KnownRef> {
  const head = ((await text(join(git.own, 'HEAD'))) ?? '').trim()
  const packed = parsePackedRefs((await text(join(git.common, 'packed-refs'))) ?? '')
  const defaultHead = await text(join(git.common, 'refs/remotes/origin/HEAD'))
  const defaultBranch = /^ref: refs\/remotes\/origin\/(.+)$/m.exec(defaultHead ?? '')?.[1]
  const known = defaultBranch === undefined ? {} : { defaultBranch }
  const ref = /^ref: (refs\/.+)$/.exec(head)?.[1]
  if (ref === undefined) return /^[0-9a-f]{40,64}$/.test(head) ? { ...known, ...tagOf(packed, head), sha: head } : known
  const sha = (await text(join(git.common, ref)))?.trim() ?? packed.get(ref)
  return { ...known, ref, ...(sha === undefined ? {} : { sha }) }
}

/** A detached HEAD stands on a tag as far as the packed refs say so. */
function tagOf(packed: ReadonlyMap<string, string>, sha: string): KnownRef {
  const tag = [...packed].find(([ref, target]) => ref.startsWith('refs/tags/') && target === sha)
  return tag === undefined ? {} : { ref: tag[0] }
}

/** `sha ref` lines; a `^sha` line gives the commit of the annotated tag above it. */
export function parsePackedRefs(packed: string): Map<string, string> {
  const refs = new Map<string, string>()
  let last = ''
  for (const line of packed.split('\n')) {
    const peeled = /^\^([0-9a-f]{40,64})$/.exec(line)?.[1]
    if (peeled !== undefined && last !== '') refs.set(last, peeled)
    const [, sha, ref] = /^([0-9a-f]{40,64}) (refs\/.+)$/.exec(line) ?? []
    if (sha === undefined || ref === undefined) continue
    refs.set(ref, sha)
    last = ref
  }
  return refs
}

/** What a remote's URL says. */
export interface Remote {
  readonly host: string
  readonly owner: string
  readonly name: string
}

/** The remote `origin` of a git config, or the first there is. Credentials in its URL are not read. */
export function parseRemote(config: string): Remote | undefined {
  const urls = new Map<string, string>()
  let section = ''
  for (const line of config.split('\n')) {
    section = /^\s*\[(.+)\]\s*$/.exec(line)?.[1] ?? section
    const remote = /^remote "(.+)"$/.exec(section)?.[1]
    const url = /^\s*url\s*=\s*(.+?)\s*$/.exec(line)?.[1]
    if (remote !== undefined && url !== undefined) urls.set(remote, url)
  }
  return parseRemoteUrl(urls.get('origin') ?? [...urls.values()][0] ?? '')
}

/** `https://host/owner/name.git`, `ssh://git@host:22/owner/name` or `git@host:owner/name.git`. */
function parseRemoteUrl(url: string): Remote | undefined {
  const [, host, path] =
    /^(?:https?|ssh|git):\/\/(?:[^@/]*@)?([^/:]+)(?::\d+)?\/(.+)$/.exec(url) ??
    /^(?:[^@/:]+@)?([^/:]+):(?!\/)(.+)$/.exec(url) ??
    []
  const [owner, name] = (path ?? '')
    .replace(/\/+$/, '')
    .replace(/\.git$/, '')
    .split('/')
    .slice(-2)
  if (host === undefined || owner === undefined || name === undefined) return undefined
  return /^[\w.-]+$/.test(owner) && /^[\w.-]+$/.test(name) ? { host, owner, name } : undefined
}

function remoteRef({ host, owner, name }: Remote): KnownRef {
  const repository = `${owner}/${name}`
  if (host === 'github.com') return { repository }
  const serverUrl = `https://${host}`
  return { repository, serverUrl, apiUrl: `${serverUrl}/api/v3`, graphqlUrl: `${serverUrl}/api/graphql` }
}

/** A repository without a remote is named after its folder. */
function localName(folder: string): string {
  return `local/${basename(folder).replace(/[^\w.-]/g, '-') || 'root'}`
}

async function text(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined)
}
