/** A tree of files, cut into requests. */
import type { TreeEntry } from '../channel.ts'
import { TREE_BYTES_MAX } from '../supervisor/limit.ts'
import type { TreePiece } from '../supervisor/message.ts'

/** Most pieces of one request: keeps its JSON small although files are. */
const PIECES_MAX = 500

export interface TreeRequest {
  readonly pieces: readonly TreePiece[]
  readonly raw: Uint8Array
}

/** In the order of the entries. Each request is safe to repeat: a file's piece says where it goes. */
export async function* treeRequests(entries: AsyncIterable<TreeEntry>): AsyncGenerator<TreeRequest> {
  let pieces: TreePiece[] = []
  let parts: Uint8Array[] = []
  let length = 0
  for await (const entry of entries) {
    for (const { piece, bytes } of cut(entry)) {
      pieces.push(piece)
      parts.push(bytes)
      length += bytes.length
      if (length < TREE_BYTES_MAX && pieces.length < PIECES_MAX) continue
      yield { pieces, raw: Buffer.concat(parts, length) }
      pieces = []
      parts = []
      length = 0
    }
  }
  if (pieces.length > 0) yield { pieces, raw: Buffer.concat(parts, length) }
}

const NOTHING = new Uint8Array(0)

function* cut(entry: TreeEntry): Generator<{ piece: TreePiece; bytes: Uint8Array }> {
  if (entry.kind !== 'file') return yield { piece: entry, bytes: NOTHING }
  const { path, mode } = entry
  for (let at = 0; at === 0 || at < entry.bytes.length; at += TREE_BYTES_MAX) {
    const bytes = entry.bytes.subarray(at, at + TREE_BYTES_MAX)
    yield { piece: { kind: 'file', path, mode, at, length: bytes.length }, bytes }
  }
}
