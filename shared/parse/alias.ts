/** YAML aliases: tied to what they name, and told apart from those that name nothing or themselves. */

/** As the YAML parser's own messages are: a clause without a place. */
export const CONTAINS_ITSELF = 'an alias stands inside what it names'
/** Message of the problem with such an alias. */
export const NAMES_NOTHING = 'an alias names an anchor that does not stand before it'

/** As much of a node of the package `yaml` as is needed to walk them. */
export interface YamlNode {
  readonly anchor?: string
  /** Of an alias: the anchor it names. */
  readonly source?: string
  /** Of a pair. */
  readonly key?: unknown
  readonly value?: unknown
  /** Offsets in the text. */
  readonly range?: readonly number[]
  readonly items?: readonly YamlNode[]
  resolve?: () => YamlNode | undefined
}

/**
 * Ties every alias to its anchor: left alone, each would walk the whole document to find it, and thousands take minutes. Returns those that
 * cannot be: the library lets them through.
 */
export function linkAliases(root: YamlNode | null): readonly { readonly alias: YamlNode; readonly message: string }[] {
  const anchors = new Map<string, YamlNode>()
  const open = new Set<YamlNode>()
  const wrong: { alias: YamlNode; message: string }[] = []
  const visit = (node: YamlNode): void => {
    if (node.resolve !== undefined) {
      const target = anchors.get(node.source ?? '')
      node.resolve = () => target
      if (target === undefined) wrong.push({ alias: node, message: NAMES_NOTHING })
      else if (open.has(target)) wrong.push({ alias: node, message: CONTAINS_ITSELF })
      return
    }
    if (node.anchor !== undefined) anchors.set(node.anchor, node)
    open.add(node)
    for (const child of [...(node.items ?? []), node.key, node.value]) if (isNode(child)) visit(child)
    open.delete(node)
  }
  if (root !== null) visit(root)
  return wrong
}

function isNode(value: unknown): value is YamlNode {
  return typeof value === 'object' && value !== null
}
