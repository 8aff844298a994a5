/** The playground in a real browser. */
import { expect } from 'chai'
import type { Page } from 'playwright-core'
import { noChromium, open } from '../chromium'
import { describeWhere } from '../laws/skips'
import { accuracy, seen, step, until } from './asking'
import { browserHere, servedHere } from './here'

/** What axe finds. */
const faults = async (page: Page): Promise<readonly string[]> => {
  await page.addScriptTag({ path: require.resolve('axe-core') })
  interface Found {
    readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[]
  }
  const found = await page.evaluate<Found>('axe.run()')
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(n => n.html.slice(0, 100)).join(' ')}`)
}

describeWhere(noChromium)('The playground in Chromium', function () {
  this.timeout(120000)
  const served = servedHere()

  describe('without WebGPU', () => {
    const browser = browserHere('without WebGPU')

    it('learns: held-out accuracy passes 80 %, the figure says what each block looks at, nothing complains', async () => {
      const { page, complaints } = await open(browser(), served().isolated)
      await until('80 % of the held-out clips', async () => (await accuracy(page, 'ours')) >= 80)
      expect(await page.locator('#engine').innerText()).to.match(/^WebAssembly .*thread/)
      expect(await page.locator('#panel-ours svg').getAttribute('aria-label')).to.match(
        /^STB 1 looks most at row \d, column \d of frame \d, \d+ %\. STB 2 .*TTB 2 looks most from frame \d at frame \d.* Prediction: (leaves|arrives)/,
      )
      expect(await page.locator('.clip').first().getAttribute('aria-label')).to.match(
        /^leaves left\. Baseline: \w+ \w+, \d+ %\. CSTransformer: \w+ \w+, \d+ %$/,
      )
      expect(complaints).to.deep.equal([])
      await page.close()
    })

    it('tells the share of a patch, head by head, and opens the matrix of a block', async () => {
      const { page, complaints } = await open(browser(), `${served().isolated}?run=0&stb=2&ttb=1`)
      await seen(page)
      const tile = page.locator('#panel-ours .cell').nth(5)
      await tile.hover()
      expect(await page.locator('#tip').innerText()).to.match(
        /^STB 2, frame 2, row \d, column \d: \d+\.\d % \(head 1 \d+\.\d %, head 2 \d+\.\d %\)$/,
      )
      await tile.click()
      const cell = page.locator('#matrix-cell')
      await until('the matrix', async () => /→/.test(await cell.innerText()))
      expect(await page.locator('#matrix-canvas').getAttribute('aria-label')).to.equal(
        'CSTransformer, STB 2: 17 × 17 shares',
      )
      expect(await page.locator('#matrix-frame').inputValue()).to.equal('1')
      await page.locator('#matrix-canvas').focus()
      await page.keyboard.press('ArrowDown')
      expect(await cell.innerText()).to.match(/^patch 1, 1 → the class token: \d+\.\d %$/)
      expect(await faults(page)).to.deep.equal([])
      await page.keyboard.press('Escape')
      await page.locator('#panel-baseline .cell').last().click()
      await until('time', async () => /class token of frame 4 → /.test(await cell.innerText()))
      expect(complaints).to.deep.equal([])
      await page.close()
    })

    it('takes a digit that somebody draws', async () => {
      const { page, complaints } = await open(browser(), `${served().isolated}?run=0&stb=1&ttb=0`)
      await seen(page)
      await page.getByRole('button', { name: 'Motion' }).click()
      const first = (): Promise<unknown> => page.evaluate("document.querySelector('.clip canvas').toDataURL()")
      const before = await first()
      await page.getByRole('button', { name: 'Draw your own digit' }).click()
      const box = (await page.locator('#sheet-canvas').boundingBox())!
      await page.mouse.move(box.x + 140, box.y + 40)
      await page.mouse.down()
      await page.mouse.move(box.x + 140, box.y + 240, { steps: 4 })
      await page.mouse.up()
      await page.getByRole('button', { name: 'Watch it move' }).click()
      await until('other clips', async () => (await first()) !== before)
      await until('answers', async () =>
        /: \w+ \w+, \d+ %/.test((await page.locator('.clip').first().getAttribute('aria-label'))!),
      )
      expect(complaints).to.deep.equal([])
      await page.close()
    })

    it('goes back: a page of documentation closes, a switch returns, and the playground stays', async () => {
      const { page } = await open(browser(), `${served().isolated}?run=0&stb=1&ttb=0`)
      await seen(page)
      await page.getByRole('switch', { name: 'FAM' }).uncheck()
      await page
        .getByRole('button', { name: /^MSA|Transformer block/ })
        .first()
        .click()
      const dialog = page.locator('#page')
      await dialog.getByRole('heading').first().waitFor()
      expect(new URL(page.url()).hash).to.equal('#block')
      await page.goBack()
      expect(await dialog.isVisible()).to.equal(false)
      await page.goBack()
      expect(await page.getByRole('switch', { name: 'FAM' }).isChecked()).to.equal(true)
      await page.goForward()
      expect(await page.getByRole('switch', { name: 'FAM' }).isChecked()).to.equal(false)
      await page.close()
    })

    it('obeys its switches, which the address holds', async () => {
      const { page, complaints } = await open(browser(), `${served().isolated}?run=0&stb=2&ttb=1`)
      await seen(page)
      const threads = () => page.locator('#panel-ours path.thread').count()
      const before = await threads()
      await page.getByRole('switch', { name: 'CSSA' }).uncheck()
      await seen(page)
      expect(await threads(), 'threads: α of one block fewer').to.equal(before - 1)
      await page.getByRole('switch', { name: 'FAM' }).uncheck()
      await until(
        'both networks are one',
        async () => (await threads()) === (await page.locator('#panel-baseline path.thread').count()),
      )
      expect(await page.locator('#story').innerText()).to.equal(
        'With these settings nothing crosses from block to block: both networks are the same.',
      )
      await page.getByRole('switch', { name: 'Pt' }).uncheck()
      await page.getByRole('switch', { name: 'Ps' }).uncheck()
      await page.getByLabel('Frames', { exact: true }).selectOption('8')
      await page.getByLabel('Spatial blocks').selectOption('1')
      await page.getByLabel('Temporal blocks').selectOption('3')
      await page.getByLabel('Seed').fill('12')
      await page.getByLabel('Seed').press('Enter')
      await page.locator('.clip').nth(2).click()
      await seen(page)
      expect(new URL(page.url()).search).to.equal('?cssa=0&fam=0&ps=0&pt=0&stb=1&ttb=3&frames=8&seed=12&clip=3&run=0')
      expect(await page.locator('#panel-ours .tile').count(), 'tiles: 4 blocks by 8 frames').to.equal(32)
      expect(complaints).to.deep.equal([])
      await page.close()
    })

    it('steps, runs, pauses and resets', async () => {
      const { page } = await open(browser(), `${served().isolated}?run=0&engine=ndarray&stb=1&ttb=0&frames=2`)
      await seen(page)
      expect(await step(page)).to.equal(0)
      const first = await page.locator('#curve-loss path').first().getAttribute('d')
      await page.getByRole('button', { name: 'Step', exact: true }).click()
      await until('one step', async () => (await step(page)) === 1)
      await page.getByRole('button', { name: 'Run' }).click()
      await until('five steps', async () => (await step(page)) >= 5)
      await page.getByRole('button', { name: 'Pause' }).click()
      expect(await page.locator('#curve-loss path').first().getAttribute('d')).to.not.equal(first)
      expect(new URL(page.url()).searchParams.get('run')).to.equal('0')
      await page.getByRole('button', { name: 'Reset' }).click()
      await seen(page)
      expect(await step(page)).to.equal(0)
      await page.close()
    })

    it('shows the page of an equation, with the sizes of the network that runs', async () => {
      const { page, complaints } = await open(browser(), `${served().isolated}?run=0&stb=2&ttb=0&frames=2`)
      await seen(page)
      await page.getByRole('button', { name: 'Eq. 8: cross-stage attention map' }).click()
      const dialog = page.getByRole('dialog')
      await dialog.getByRole('heading', { name: 'Cross-stage attention map, Sec. 3.2, Eq. (8)' }).waitFor()
      expect(await dialog.locator('math').count()).to.be.above(0)
      const row = dialog.locator('.live').first().getByRole('row', { name: 'A_prev' })
      expect(await row.innerText()).to.match(/A_prev\s+\[N, h, S, S\]\s+\[64, 2, 17, 17\]/)
      expect(await faults(page)).to.deep.equal([])
      await dialog.getByRole('link', { name: 'decision D3' }).first().click()
      await dialog.getByRole('heading', { name: /^D3/ }).waitFor()
      await page.keyboard.press('Escape')
      expect(await dialog.count()).to.equal(0)
      expect(complaints).to.deep.equal([])
      await page.close()
    })

    for (const [colorScheme, width] of [
      ['light', 1280],
      ['dark', 375],
    ] as const)
      it(`has no fault that axe finds and does not jump: ${colorScheme}, ${width} pixels wide`, async () => {
        const { page } = await open(browser(), `${served().isolated}?run=0`, {
          colorScheme,
          viewport: { width, height: 800 },
        })
        await seen(page)
        expect(await faults(page)).to.deep.equal([])
        const shift = await page.evaluate<number>(`new Promise(resolve => {
          let sum = 0
          const add = list => list.getEntries().forEach(entry => (sum += entry.value))
          new PerformanceObserver(add).observe({ type: 'layout-shift', buffered: true })
          setTimeout(() => resolve(sum), 300)
        })`)
        expect(shift, 'cumulative layout shift').to.be.below(0.05)
        expect(await page.evaluate('document.documentElement.scrollWidth')).to.be.at.most(width)
        await page.close()
      })

    it('says that a seed is no number, and takes another', async () => {
      const { page } = await open(browser(), `${served().isolated}?run=0&engine=ndarray&stb=1&ttb=0&seed=abc`)
      const said = page.locator('#said')
      expect(await said.innerText()).to.equal(
        "The seed must be a whole number from 0 to 4294967295, got 'abc': 1 is used",
      )
      expect(new URL(page.url()).searchParams.get('seed')).to.equal(null)
      await page.getByLabel('Seed').fill('7')
      await page.getByLabel('Seed').press('Enter')
      await page.getByLabel('Seed').fill('-3')
      await page.getByLabel('Seed').press('Enter')
      expect(await said.innerText()).to.equal(
        "The seed must be a whole number from 0 to 4294967295, got '-3': 7 is used",
      )
      expect(await page.getByLabel('Seed').inputValue()).to.equal('7')
      await page.close()
    })

    it('runs on one thread where the host sends no headers, and says so', async () => {
      const { page, complaints } = await open(browser(), `${served().bare}?engine=webasm&stb=1&ttb=0&frames=2`)
      await until('three steps', async () => (await step(page)) >= 3)
      expect(await page.locator('#engine').innerText()).to.match(/^WebAssembly .*one thread.*COOP and COEP/)
      expect(complaints).to.deep.equal([])
      await page.close()
    })
  })
})
