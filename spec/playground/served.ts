/** The playground, built and served for a browser. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { build, preview } from 'vite'

export interface Served {
  /** Where the page is cross-origin isolated. */
  readonly isolated: string
  /** Where the host sends no headers. */
  readonly bare: string
  readonly close: () => Promise<void>
}

/** Builds the playground into a folder of its own, and serves it. */
export const serve = async (): Promise<Served> => {
  const root = resolve(__dirname, '..', '..', 'examples', 'playground')
  const outDir = mkdtempSync(join(tmpdir(), 'playground-'))
  await build({ root, logLevel: 'error', build: { outDir, emptyOutDir: true } })
  const at = async (headers?: Record<string, string>) => {
    const server = await preview({
      root,
      logLevel: 'error',
      build: { outDir },
      preview: { port: 0, host: '127.0.0.1', ...(headers ? { headers } : {}) },
    })
    return { server, address: server.resolvedUrls!.local[0]! }
  }
  const isolated = await at()
  const bare = await at({ 'Cross-Origin-Opener-Policy': 'unsafe-none', 'Cross-Origin-Embedder-Policy': 'unsafe-none' })
  return {
    isolated: isolated.address,
    bare: bare.address,
    close: async () => {
      await Promise.all([isolated.server.close(), bare.server.close()])
      rmSync(outDir, { recursive: true })
    },
  }
}
