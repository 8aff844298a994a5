/** The site, built and read in a real browser. */
import { source as axe } from 'axe-core'
import { expect } from 'chai'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Browser, Page } from 'playwright-core'
import { preview, type PreviewServer } from 'vite'
import { contents } from '../../docs/site/contents'
import { build } from '../../docs/site/main'
import { launch, noChromium, open } from '../chromium'

interface Found {
  readonly violations: readonly {
    readonly id: string
    readonly nodes: readonly { readonly target: readonly string[] }[]
  }[]
}
const faults = ({ violations }: Found): readonly string[] =>
  violations.map(({ id, nodes }) => `${id}: ${nodes.map(n => n.target.join(' ')).slice(0, 3).join(', ')}`) // prettier-ignore
const drawing = "document.querySelector('#figure-alpha .drawing').innerHTML"
const names = [...contents.map(({ name }) => name), 'repl']

describe(`the site in Chromium${noChromium ? ` (${noChromium})` : ''}`, function () {
  this.timeout(600000)
  let folder: string
  let server: PreviewServer
  let browser: Browser
  let address: string
  before(async function () {
    if (noChromium) this.skip()
    folder = mkdtempSync(join(tmpdir(), 'site-'))
    await build(folder)
    server = await preview({
      root: folder,
      configFile: false,
      logLevel: 'error',
      build: { outDir: folder },
      preview: { port: 0, host: '127.0.0.1' },
    })
    address = server.resolvedUrls!.local[0]!
    browser = await launch('without WebGPU')
  })
  after(async () => {
    await browser?.close()
    await server?.close()
    if (folder) rmSync(folder, { recursive: true })
  })
  const visit = (name: string, options: Parameters<Browser['newPage']>[0] = {}) =>
    open(browser, `${address}${name}`, options)
  const wide = async (page: Page): Promise<unknown> => page.evaluate('document.documentElement.scrollWidth')

  it('pages are without complaints, ask no other host, and are clean to axe, in the light and in the dark', async () => {
    const left = [...names]
    const lane = async (): Promise<void> => {
      for (let name = left.shift(); name; name = left.shift()) {
        const { page, complaints } = await visit(`${name}.html`, { serviceWorkers: 'block' })
        await page.waitForFunction("[...document.querySelectorAll('form.controls')].every(form => !form.hidden)")
        await page.evaluate(axe)
        expect(faults(await page.evaluate<Found>('axe.run()')), `${name}, light`).to.deep.equal([])
        // In the dark, only colours differ.
        await page.emulateMedia({ colorScheme: 'dark' })
        expect(faults(await page.evaluate<Found>("axe.run({ runOnly: ['color-contrast'] })")), `${name}, dark`).to.deep.equal([]) // prettier-ignore
        expect(complaints, name).to.deep.equal([])
        for (const text of await page.locator('.code pre').allTextContents())
          expect(text, name)
            .to.match(/^export const /)
            .and.not.include('\\u000a')
        await page.close()
      }
    }
    await Promise.all([lane(), lane()])
  })

  it('pages fit any screen from 320 to 2560 pixels', async () => {
    for (const width of [320, 768, 2560]) {
      const { page } = await visit('index.html', { viewport: { width, height: 900 }, serviceWorkers: 'block' })
      for (const name of names) {
        await page.goto(`${address}${name}.html`)
        expect(await wide(page), `${name} at ${width}`).to.be.at.most(width)
      }
      await page.close()
    }
  })

  it('α under the finger: the drawing changes, the address remembers, and a link leads back', async () => {
    const { page } = await visit('cross-stage-attention.html', { serviceWorkers: 'block' })
    const figure = page.locator('#figure-alpha')
    const before = await figure.locator('.drawing').innerHTML()
    await figure.locator('input[type=range]').fill('1.5')
    await page.waitForFunction(`${drawing} !== ${JSON.stringify(before)}`)
    expect(page.url()).to.match(/\?alpha\.alpha=1\.5$/)
    const after = await figure.locator('.drawing').innerHTML()
    const again = await visit('cross-stage-attention.html?alpha.alpha=1.5', { serviceWorkers: 'block' })
    await again.page.waitForFunction(`${drawing} === ${JSON.stringify(after)}`)
    expect(await again.page.locator('#figure-alpha output').first().textContent()).to.equal('1.50')
    await page.locator('nav[aria-label=Sections] a', { hasText: '3.3 FAM' }).click()
    await page.goBack()
    await page.waitForFunction(`${drawing} === ${JSON.stringify(after)}`)
    await Promise.all([page.close(), again.page.close()])
  })

  it('a symbol lights up in text, formula, code and figure, and is told; names of code have types', async () => {
    const { page } = await visit('cross-stage-attention.html', { serviceWorkers: 'block' })
    await page.locator('a.k[data-k=A_prev]').first().focus()
    const places = await page.evaluate(
      "['p .hot', 'math .hot', '.code .hot', 'figure .hot'].map(at => document.querySelectorAll(at).length > 0)",
    )
    expect(places).to.deep.equal([true, true, true, true])
    expect(await page.locator('#tip').textContent()).to.match(
      /scores.*of the block before.*\[N, h, S, S\].*in V2.*in this network \[4, 2, 17, 17\]/,
    )
    await page.locator('.code [data-type]', { hasText: 'fused' }).first().hover()
    expect(await page.locator('#tip code').last().textContent()).to.match(/fused.*Tensor</)
    await page.close()
  })

  it('prints: text and figures on pages of paper, without what cannot be pressed there', async () => {
    const { page } = await visit('cross-stage-attention.html', { viewport: { width: 794, height: 1123 }, serviceWorkers: 'block' }) // prettier-ignore
    await page.emulateMedia({ media: 'print' })
    for (const at of ['header nav', 'form.controls', '.attempt', '.turn'])
      expect(await page.locator(`${at}:visible`).count(), at).to.equal(0)
    for (const at of ['figure svg.frame', 'math', '.code pre', '.glossary dt'])
      expect(await page.locator(`${at}:visible`).count(), at).to.equal(await page.locator(at).count())
    expect(await wide(page)).to.be.at.most(794)
    const pdf = await page.pdf({ format: 'A4', printBackground: true })
    expect(Array.from(pdf.toString('latin1').matchAll(/\/Type \/Page\b/g)).length).to.be.within(2, 30)
    await page.close()
  })

  it('in forced colours, what is on differs from what is off, and attention is still seen', async () => {
    const { page } = await visit('positions.html', { forcedColors: 'active', serviceWorkers: 'block' })
    const toggle = page.locator('input[role=switch]').first()
    const look = async (): Promise<string> => (await toggle.screenshot({ animations: 'disabled' })).toString('base64')
    await toggle.focus()
    const before = await look()
    await toggle.press(' ')
    expect(await look()).to.not.equal(before)
    await page.goto(`${address}cross-stage-attention.html`)
    const fills = await page.evaluate<string[]>("[...document.querySelectorAll('#figure-alpha .heat')].map(e => getComputedStyle(e).fill + getComputedStyle(e).fillOpacity)") // prettier-ignore
    expect(new Set(fills).size).to.be.above(20)
    await page.close()
  })

  it('needs no WebAssembly for its figures', async () => {
    const { page, complaints } = await visit('index.html', { serviceWorkers: 'block' })
    await page.addInitScript('delete globalThis.WebAssembly')
    await page.goto(`${address}aggregation.html`)
    const figure = page.locator('#figure-beta')
    const before = await figure.locator('.drawing').innerHTML()
    await figure.locator('input').first().fill('3')
    await page.waitForFunction(
      `document.querySelector('#figure-beta .drawing').innerHTML !== ${JSON.stringify(before)}`,
    )
    expect(await page.locator('.failed:visible').count()).to.equal(0)
    expect(complaints).to.deep.equal([])
    await page.close()
  })

  it('is whole without JavaScript', async () => {
    const { page } = await visit('cross-stage-attention.html', { javaScriptEnabled: false })
    for (const at of ['math', '.code pre', 'figure svg.frame', '.glossary dt'])
      expect(await page.locator(at).count(), at).to.be.above(3)
    expect(await page.locator('form.controls:visible').count()).to.equal(0)
    await page.close()
  })

  it('a network that cannot be loaded is said in place, and the page lives on', async () => {
    const { page } = await visit('index.html', { serviceWorkers: 'block' })
    await page.route('**/*.safetensors', route => route.fulfill({ status: 404 }))
    await page.goto(`${address}aggregation.html`)
    await page.locator('#figure-beta input').first().fill('3')
    await page.locator('.failed:visible').waitFor()
    expect(await page.locator('.failed').textContent()).to.match(
      /This figure stands still: the network of the figures must be at .*, got 404/,
    )
    expect(await page.locator('a.k').count()).to.be.above(3)
    await page.close()
  })

  it('the first view is below 150 kB without the network', () => {
    const size = (name: string): number => gzipSync(readFileSync(join(folder, name))).length
    const first = readdirSync(join(folder, 'assets')).filter(name => /^(main|live|style|math|load|figures)-/.test(name))
    const largest = Math.max(...names.map(name => size(`${name}.html`)))
    expect(first).to.have.length.above(3)
    expect(largest + first.reduce((sum, name) => sum + size(`assets/${name}`), 0)).to.be.below(150000)
  })

  it('everything is there offline after a visit', async () => {
    const context = await browser.newContext()
    const page = await context.newPage()
    await page.goto(`${address}index.html`)
    await page.evaluate('navigator.serviceWorker.ready')
    await page.waitForFunction('navigator.serviceWorker.controller !== null')
    await context.setOffline(true)
    await page.goto(`${address}aggregation.html`)
    await page.locator('#figure-beta input').first().fill('3')
    await page.waitForFunction("location.search.includes('beta.beta=3')")
    expect(await page.locator('h1').textContent()).to.match(/aggregation/)
    await page.goto(`${address}playground/`)
    expect(await page.locator('h1').count()).to.equal(1)
    await context.close()
  })

  describe('the REPL', () => {
    const printed = async (page: Page, code?: string, done = /./): Promise<string> => {
      if (code !== undefined) await page.locator('#code').fill(code)
      await page.locator('#run').click()
      const over = `${done}.test(document.querySelector('#output').textContent) && document.querySelector('#run').textContent === 'Run'`
      await page.waitForFunction(over, undefined, { timeout: 120000 })
      return (await page.locator('#output').textContent())!
    }
    it('runs the programs of the documentation, says wrong shapes in our words, stops what never ends, lives on after an error', async () => {
      const { page } = await visit('repl.html', { serviceWorkers: 'block' })
      expect(await printed(page, undefined, /2, 3, 17, 17/)).to.match(/\[ 2, 3, 17, 17 \]/)
      const wrong = `import { scores, type Tensor, zeros } from 'cstransformer'\nconst Q: Tensor<['N', 'h', 'S', 'd']> = zeros([1, 1, 2, 2])\nconst K: Tensor<['N', 'S', 'h', 'd']> = zeros([1, 2, 1, 2])\nscores(Q, K)\n`
      expect(await printed(page, wrong, /line 4/)).to.match(/line 4, column \d+: .*shape error: .*must be h, got S/s)
      expect(await printed(page, 'for (;;);', /Stopped/)).to.match(/Stopped: a program may run for 5 seconds here/)
      expect(await printed(page, "throw new Error('mine')", /mine/)).to.equal('Error: mine')
      expect(await printed(page, 'console.log(1 + 1)', /2/)).to.equal('2')
      await page.close()
    })
    it('says that it needs workers where there are none, and that its compiler cannot be loaded', async () => {
      const { page } = await visit('repl.html', { serviceWorkers: 'block' })
      await page.route('**/typescript-*.js', route => route.fulfill({ status: 404 }))
      expect(await printed(page, undefined, /compiler/)).to.equal('The compiler cannot be loaded.')
      await page.addInitScript('delete globalThis.Worker')
      await page.reload()
      expect(await printed(page, undefined, /workers/)).to.equal(
        'Programs run in web workers, which this browser does not have.',
      )
      expect(await page.locator('#code').inputValue()).to.include('import')
      await page.close()
    })
  })
})
