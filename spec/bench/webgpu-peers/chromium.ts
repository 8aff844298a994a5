/** Contenders in one Chromium, each in a page of its own, which lies in front while it runs. */
import { build } from 'esbuild'
import { existsSync, readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import type { Browser } from 'playwright-core'
import type { Contender, Runs, What } from '../../../lib/cli/bench/contender'
import { launch } from '../../chromium'
import { type Entry, type Files, PEERS } from './files'

/** A script that opens a contender, and leaves it where the driver asks for it. */
const script = async ({ program, deadWork }: Entry, { versions }: Files, sgd: readonly number[]): Promise<string> => {
  const from = program === 'ours' ? join(__dirname, 'ours.ts') : join(PEERS, 'webgpu', `${program}.mjs`)
  const contents = `
    import { open } from ${JSON.stringify(from)}
    const bytes = async path => new Uint8Array(await (await fetch(path)).arrayBuffer())
    globalThis.opened = (async () => {
      const [parameters, batch, model] = await Promise.all(['/parameters', '/batch', '/${deadWork}.onnx'].map(bytes))
      const given = ${JSON.stringify({ sgd, versions, deadWork, libraries: '/libraries/' })}
      globalThis.contender = await open({ ...given, parameters, batch, model })
      return { name: contender.name, what: contender.what }
    })()`
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: __dirname },
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    target: 'es2022',
    logLevel: 'error',
    external: ['/libraries/*'],
  })
  return outputFiles[0]!.text
}

const kinds: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript', '.wasm': 'application/wasm' } // prettier-ignore
/** Serves pages that are isolated from other origins: their clocks are fine then, and their libraries may use threads. */
const serve = async (files: Files, scripts: readonly string[]): Promise<Server> => {
  const stored: Readonly<Record<string, string>> = { '/parameters': files.parameters, '/batch': files.batch, '/kept.onnx': files.models.kept, '/left%20out.onnx': files.models['left out'] } // prettier-ignore
  const found = (path: string): string | Buffer | undefined => {
    const [, number, kind] = /^\/(\d+)\.(html|js)$/.exec(path) ?? []
    if (kind === 'html') return `<!doctype html><link rel="icon" href="data:,"><script type="module" src="/${number}.js"></script>` // prettier-ignore
    if (kind === 'js') return scripts[Number(number)]
    const library = /^\/libraries\/([\w.-]+)$/.exec(path)?.[1]
    const file = stored[path] ?? (library && join(files.libraries, library))
    return file && existsSync(file) ? readFileSync(file) : undefined
  }
  const server = createServer(({ url = '' }, response) => {
    const body = found(url)
    response.writeHead(body === undefined ? 404 : 200, {
      'content-type': kinds[extname(url)] ?? 'application/octet-stream',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
    })
    response.end(body)
  }).listen(0, '127.0.0.1')
  await new Promise(listening => server.once('listening', listening))
  return server
}

/** What a page's script leaves. */
interface Left {
  readonly opened: Promise<Pick<Contender, 'name' | 'what'>>
  readonly contender: Contender
  readonly navigator: { readonly gpu: { readonly requestAdapter: () => Promise<Adapter> } }
}
interface Adapter {
  readonly info: { readonly description: string; readonly vendor: string; readonly architecture: string }
}

const openPage = async (browser: Browser, address: string): Promise<Contender> => {
  const page = await browser.newPage()
  const complaints: string[] = []
  page.on('pageerror', error => complaints.push(error.message))
  await page.goto(address)
  const opening = page.evaluate(() => (globalThis as unknown as Left).opened)
  const { name, what } = await opening.catch((error: Error) => {
    throw new Error(complaints[0] ?? error.message.split('\n')[0], { cause: error })
  })
  return {
    name,
    what,
    run: async (asked: What, count: number): Promise<Runs> => {
      await page.bringToFront()
      return page.evaluate(([w, n]) => (globalThis as unknown as Left).contender.run(w, n), [asked, count] as const)
    },
    close: () => page.close(),
  }
}

/** A Chromium on its adapter in software. */
export const openChromium = async (files: Files, entries: readonly Entry[], sgd: readonly number[]) => {
  const server = await serve(files, await Promise.all(entries.map(entry => script(entry, files, sgd))))
  const browser = await launch('WebGPU in software')
  const address = (path: string): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}/${path}`
  return {
    name: `Chromium ${browser.version()}`,
    open: (entry: Entry): Promise<Contender> => openPage(browser, address(`${entries.indexOf(entry)}.html`)),
    close: async () => {
      await browser.close()
      server.close()
    },
  }
}
