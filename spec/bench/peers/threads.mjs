/** A browser's Worker on Node's threads: as much of it as jax-js asks for. Without one it keeps to a single thread. */
import { resolveObjectURL } from 'node:buffer'
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'

const BROWSER = `
const { parentPort } = require('node:worker_threads')
globalThis.self = globalThis
globalThis.postMessage = message => parentPort.postMessage(message)
parentPort.on('message', data => self.onmessage({ data }))
`

export const likeABrowser = () => {
  globalThis.navigator ??= { hardwareConcurrency: availableParallelism() }
  globalThis.Worker = class {
    #started

    constructor(url) {
      this.#started = this.#start(url)
    }

    async #start(url) {
      const worker = new Worker(BROWSER + (await resolveObjectURL(url).text()), { eval: true })
      worker.on('message', data => this.onmessage?.({ data }))
      worker.on('error', error => this.onerror?.(error))
      return worker
    }

    async postMessage(message) {
      const worker = await this.#started
      worker.postMessage(message)
    }
  }
}
