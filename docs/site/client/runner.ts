/** The worker that runs a program against the library. It lives for one program. */
import rooms from 'virtual:library'
import { loadDigits } from '../../../examples/playground/src/worker/digits'
import { shown } from './show'

export type Said = { readonly kind: 'ready' | 'done' } | { readonly kind: 'line' | 'threw'; readonly text: string }
const say = (said: Said): void => self.postMessage(said)

self.onmessage = async ({ data: script }: MessageEvent<string>) => {
  try {
    // There are no files in a browser: the digits are those beside the page.
    const digits = script.includes('readDigits') ? await loadDigits() : undefined
    const found = (name: string): object => {
      const room = /^(?:cstransformer|(?:\.\.\/)+lib)(?:\/(\w+))?(?:\/.*)?$/.exec(name)
      if (!room) throw new Error(`a program here may import cstransformer, got '${name}'`)
      const module = rooms[room[1] ?? ''] ?? rooms['']!
      return digits ? { ...module, readDigits: () => digits } : module
    }
    const console = {
      log: (...values: unknown[]) => say({ kind: 'line', text: values.map(value => shown(value)).join(' ') }),
    }
    say({ kind: 'ready' })
    const program = new Function('require', 'exports', 'console', `return (async () => {${script}\n})()`) as (...given: unknown[]) => Promise<void> // prettier-ignore
    await program(found, {}, { ...console, error: console.log, warn: console.log })
    // What was begun and not awaited may still print.
    await new Promise(resolve => setTimeout(resolve, 50))
    if (!/\bvoid\b|\.then\(/.test(script)) say({ kind: 'done' })
  } catch (error) {
    say({ kind: 'threw', text: `${(error as Error).name}: ${(error as Error).message}` })
  }
}
self.addEventListener('unhandledrejection', ({ reason }: PromiseRejectionEvent) =>
  say({ kind: 'threw', text: String(reason) }),
)
