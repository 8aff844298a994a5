/** A real Chromium. */
import { existsSync } from 'node:fs'
import { type Browser, chromium, type Page } from 'playwright-core'

const CHROMIUM = '/usr/bin/chromium'
/** Why there is no browser, or nothing. */
export const noChromium = existsSync(CHROMIUM) ? undefined : `${CHROMIUM} is missing`

const quiet = [
  '--headless',
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
const flags = {
  'without WebGPU': ['--disable-features=WebGPU', '--disable-blink-features=WebGPU'],
  'WebGPU in software': ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', '--enable-features=Vulkan'],
} as const
export type Kind = keyof typeof flags

export const launch = (kind: Kind): Promise<Browser> =>
  chromium.launch({
    executablePath: CHROMIUM,
    args: [...quiet, ...flags[kind]],
    ignoreDefaultArgs: ['--disable-backgrounding-occluded-windows', '--disable-renderer-backgrounding'],
  })

/** A page with what it complained of: errors, warnings of the console, and requests to other hosts. */
export const open = async (
  browser: Browser,
  address: string,
  options: Parameters<Browser['newPage']>[0] = {},
): Promise<{ readonly page: Page; readonly complaints: string[] }> => {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...options })
  const complaints: string[] = []
  page.on('console', message => {
    // What a test asked the driver to do is no complaint of the page.
    if (message.text() === 'Service Worker registration blocked by Playwright') return
    if (['error', 'warning'].includes(message.type())) complaints.push(`${message.type()}: ${message.text()}`)
  })
  page.on('pageerror', error => complaints.push(`uncaught: ${error.message}`))
  const { host } = new URL(address)
  page.on('request', request => {
    const url = new URL(request.url())
    if (/^https?:$/.test(url.protocol) && url.host !== host) complaints.push(`asked ${url.host}`)
  })
  await page.goto(address)
  return { page, complaints }
}

/** A tab that can be in the background. The driver keeps its own pages in the foreground, so this one is not of the driver. */
export const tab = async (browser: Browser, address: string) => {
  const client = await browser.newBrowserCDPSession()
  const { targetId } = await client.send('Target.createTarget', { url: address })
  const { sessionId } = await client.send('Target.attachToTarget', { targetId, flatten: false })
  interface Answer {
    readonly id?: number
    readonly result?: { readonly result?: { readonly value?: unknown } }
  }
  const waiting = new Map<number, (answer: Answer) => void>()
  client.on('Target.receivedMessageFromTarget', ({ message }) => {
    const answer = JSON.parse(message) as Answer
    if (answer.id !== undefined) waiting.get(answer.id)?.(answer)
  })
  let id = 0
  /** The value of an expression in the tab. */
  const ask = async (expression: string): Promise<unknown> => {
    const method = 'Runtime.evaluate'
    const answered = new Promise<Answer>(resolve => waiting.set(++id, resolve))
    const message = JSON.stringify({ id, method, params: { expression, returnByValue: true } })
    await client.send('Target.sendMessageToTarget', { sessionId, message })
    return (await answered).result?.result?.value
  }
  return {
    ask,
    /** Opens another tab over it. */
    hide: async () => void (await client.send('Target.createTarget', { url: 'about:blank' })),
    show: async () => void (await client.send('Target.activateTarget', { targetId })),
    close: async () => {
      await client.send('Target.closeTarget', { targetId })
      await client.detach()
    },
  }
}
