// Lets Node import the GitHub language packages from source: they import JSON without the attribute that ESM asks for
// (the bundle in dist/ has no such trouble). Used by every `node --import ./test/register.mjs`.
import { registerHooks } from 'node:module'

registerHooks({
  load(url, context, nextLoad) {
    return url.endsWith('.json')
      ? nextLoad(url, { ...context, importAttributes: { ...context.importAttributes, type: 'json' } })
      : nextLoad(url, context)
  },
})
