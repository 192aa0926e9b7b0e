/** Tokens as templates: what `@actions/workflow-parser` read becomes the plain data of `shared/template.ts`. */
import {
  BasicExpressionToken,
  BooleanToken,
  InsertExpressionToken,
  MappingToken,
  NumberToken,
  SequenceToken,
  StringToken,
  type TemplateToken,
} from '@actions/workflow-parser/templates/tokens/index'
import type { MappingTemplate, Place, Template } from '../template.ts'

/** 0:0 where the parser has no place. */
export function placeOf(token: TemplateToken | undefined): Place {
  return [token?.line ?? 0, token?.col ?? 0]
}

/** Every expression is kept as it is written, with its place. */
export function toTemplate(token: TemplateToken): Template {
  if (token instanceof MappingToken) return toMapping(token)
  if (token instanceof SequenceToken) return [...token].map(toTemplate)
  if (token instanceof BasicExpressionToken) return { expr: token.expression, at: placeOf(token) }
  if (token instanceof InsertExpressionToken) return { expr: 'insert', at: placeOf(token) }
  if (token instanceof StringToken || token instanceof NumberToken || token instanceof BooleanToken) return token.value
  return null
}

/** Keeps the order of the file. */
export function toMapping(token: MappingToken): MappingTemplate {
  return {
    map: [...token].map(({ key, value }) => [key instanceof StringToken ? key.value : keyOf(key), toTemplate(value)]),
  }
}

function keyOf(token: TemplateToken): string | { expr: string; at: Place } {
  const template = toTemplate(token)
  return typeof template === 'object' && template !== null && 'expr' in template ? template : String(template)
}

/** The value of a key that is spelled out, or undefined. */
export function valueAt(token: TemplateToken | undefined, key: string): TemplateToken | undefined {
  return token instanceof MappingToken ? token.find(key) : undefined
}

/** The key itself, where it stands. */
export function keyAt(token: TemplateToken | undefined, key: string): TemplateToken | undefined {
  return token instanceof MappingToken ? [...token].find((pair) => pair.key.toString() === key)?.key : undefined
}

/** Text that is spelled out, without an expression in it. */
export function literalText(token: TemplateToken | undefined): string | undefined {
  return token instanceof StringToken ? token.value : undefined
}

/** `{ name: template }` to spread, or nothing. */
export function optionalTemplate<Name extends string>(
  name: Name,
  token: TemplateToken | undefined,
): { readonly [key in Name]?: Template } {
  return token === undefined ? {} : ({ [name]: toTemplate(token) } as { [key in Name]?: Template })
}

/** None where it is no sequence. */
export function itemsOf(token: TemplateToken | undefined): readonly TemplateToken[] {
  return token instanceof SequenceToken ? [...token] : []
}
