import { existsSync } from 'node:fs'
import { registerHooks } from 'node:module'

/** Packages of hundreds of small modules, of which each costs a running program some 20 kB: typebox has 683. */
const bundled = ['typebox', 'typebox/schema', 'typebox/compile'] as const

/** What is imported → the name of its bundle, where `npm ci` has made one. */
export const bundles: Readonly<Record<string, string>> = Object.fromEntries(
  bundled.map((name) => [name, name.replace('/', '-')]),
)

export const bundleFolder = new URL('../node_modules/.bundled/', import.meta.url)

/**
 * For programs that run for long on small machines; call it before anything else is loaded. Imports of these packages get the
 * bundle, one module instead of hundreds. Without bundles, after `npm ci --ignore-scripts` for example, nothing changes.
 */
export function useBundledPackages(): void {
  const urls = new Map(
    Object.entries(bundles).map(([name, file]) => [name, new URL(`${file}.mjs`, bundleFolder)]),
  )
  if (![...urls.values()].every((url) => existsSync(url))) return
  registerHooks({
    resolve(specifier, context, next) {
      const url = urls.get(specifier)
      return url === undefined
        ? next(specifier, context)
        : { url: url.href, format: 'module', shortCircuit: true }
    },
  })
}
