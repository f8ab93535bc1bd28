import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

const cloud = `http://${process.env.CAMPUS_HOST ?? '127.0.0.1'}:${process.env.CAMPUS_HTTP_PORT ?? '8080'}`

export default defineConfig({
  plugins: [react(), compressed()],
  // The cloud replaces this text by a fresh nonce in every index.html it serves.
  html: { cspNonce: '__CSP_NONCE__' },
  build: {
    target: 'es2022',
    // An inlined data: address is refused by the page's security policy.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1000,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            // Only the page with a chart loads it.
            { name: 'echarts', test: /node_modules[\\/](echarts|zrender)[\\/]/ },
            // Only where a configuration is written.
            { name: 'yaml', test: /node_modules[\\/]yaml[\\/]/ },
            {
              name: 'antd',
              test: /node_modules[\\/](antd|@ant-design|@rc-component[\\/](?!qrcode)|@emotion)[\\/]?/,
            },
            // Only the page with labels loads it. After what it needs, which it would take along.
            { name: 'qrcode', test: /node_modules[\\/]@rc-component[\\/]qrcode[\\/]/ },
            { name: 'vendor', test: /node_modules[\\/]/ },
          ],
        },
      },
    },
  },
  server: { proxy: { '/api': { target: cloud, ws: true } } },
})

/** Writes a compressed copy beside each file, so that the cloud compresses nothing while it serves. */
function compressed(): Plugin {
  const brotli = promisify(brotliCompress)
  const zip = promisify(gzip)
  return {
    name: 'compressed',
    apply: 'build',
    async writeBundle({ dir }) {
      const folder = join(dir ?? '', 'assets')
      const files = (await readdir(folder)).filter((file) => /\.(js|css)$/.test(file))
      const write = async (file: string): Promise<void> => {
        const bytes = await readFile(join(folder, file))
        if (bytes.length < 1024) return
        const params = { [constants.BROTLI_PARAM_QUALITY]: 9 }
        await writeFile(join(folder, `${file}.br`), await brotli(bytes, { params }))
        await writeFile(join(folder, `${file}.gz`), await zip(bytes, { level: 9 }))
      }
      await Promise.all(files.map(write))
    },
  }
}
