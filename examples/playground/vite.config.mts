/** The playground: `npm run playground` serves it, `npm run playground:build` makes files that any host can serve. */
import { defineConfig } from 'vite'
import { pages } from './pages.mjs'

/** With these, a page may share memory between threads. Hosts that do not send them give the playground one thread. */
const headers = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' }

export default defineConfig({
  root: import.meta.dirname,
  base: './',
  plugins: [pages()],
  worker: { format: 'es' },
  build: { outDir: 'dist', target: 'es2022' },
  server: { headers },
  preview: { headers },
})
