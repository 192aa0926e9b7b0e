/** The environment that steps inherit from this machine: the user's, as if longshore had been called without npm. Pure. */

type Environment = { readonly [name: string]: string | undefined }

/** What `npx` and `npm run` add for what they start. Source: npm's documentation, scripts, "Environment". */
const ADDED_BY_NPM =
  /^(npm_(package|lifecycle)_.*|npm_(command|execpath|node_execpath|config_local_prefix)|INIT_CWD|NODE|COLOR)$/

/** Folders that npm puts in front of PATH. */
const PATH_OF_NPM = /\/node_modules\/\.bin$|\/node-gyp-bin$/

/** Without what npm added, `withheld` names (secrets that were read from here), and what speaks to a dispatcher. */
export function hostEnvironment(env: Environment, withheld: readonly string[]): Environment {
  const hidden = new Set([...withheld, 'LONGSHORE_TOKEN'])
  const kept = Object.entries(env).filter(([name]) => !hidden.has(name))
  if (env['npm_lifecycle_event'] === undefined) return Object.fromEntries(kept)
  const own = kept.filter(([name]) => !ADDED_BY_NPM.test(name))
  const path = env['PATH']
    ?.split(':')
    .filter((folder) => !PATH_OF_NPM.test(folder))
    .join(':')
  return { ...Object.fromEntries(own), ...(path === undefined ? {} : { PATH: path }) }
}
