/** `npm ci` runs it: makes the bundles of `bundled-packages.ts`. Without them programs work and are larger. */
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { bundleFolder, bundles } from './bundled-packages.ts'

const made = build({
  configFile: false,
  logLevel: 'warn',
  ssr: { noExternal: true },
  build: {
    ssr: true,
    minify: false,
    outDir: fileURLToPath(bundleFolder),
    emptyOutDir: true,
    rolldownOptions: {
      input: Object.fromEntries(Object.entries(bundles).map(([name, file]) => [file, name])),
      output: { entryFileNames: '[name].mjs', chunkFileNames: '[name]-[hash].mjs' },
    },
  },
})

made.catch((error: unknown) => {
  process.stderr.write(`packages not bundled, so programs need some 14 MB more: ${error}\n`)
})
