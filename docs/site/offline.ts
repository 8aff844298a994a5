/** What keeps the site readable without a network: after a first visit all its files are kept by the browser. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Larger files, of which the compiler is one, are kept when they are first asked for. */
const AT_ONCE = 600_000

/** Writes sw.js, which names every file of the folder and their version. */
export const serviceWorker = (folder: string): void => {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort()
  const hash = createHash('sha256')
  const small = names.filter(name => {
    const bytes = readFileSync(join(folder, name))
    hash.update(name).update(bytes)
    return bytes.length <= AT_ONCE
  })
  writeFileSync(join(folder, 'sw.js'), text(hash.digest('hex').slice(0, 12), small))
}

const text = (version: string, files: readonly string[]): string => `const version = ${JSON.stringify(version)}
const files = ${JSON.stringify(files)}
addEventListener('install', event => {
  event.waitUntil(caches.open(version).then(cache => cache.addAll(files)).then(() => skipWaiting()))
})
addEventListener('activate', event => {
  event.waitUntil(caches.keys().then(keys => Promise.all(keys.filter(key => key !== version).map(key => caches.delete(key)))).then(() => clients.claim()))
})
addEventListener('fetch', event => {
  const { request } = event
  if (request.method !== 'GET' || new URL(request.url).origin !== location.origin) return
  event.respondWith(
    caches.open(version).then(async cache => {
      const address = request.mode === 'navigate' ? request.url.replace(/[?#].*$/, '').replace(/\\/$/, '/index.html') : request
      const kept = await cache.match(address, { ignoreVary: true })
      if (kept) return kept
      const answer = await fetch(request)
      if (answer.ok) cache.put(address, answer.clone())
      return answer
    }),
  )
})
`
