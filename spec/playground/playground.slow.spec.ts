/** What takes the playground long or rarely breaks, in a real browser: networks that learn, a device that is lost, forced colours, a tab
 *  in the background, and nothing but what was kept. */
import { expect } from 'chai'
import type { Page } from 'playwright-core'
import { noChromium, open, tab } from '../chromium'
import { describeWhere } from '../laws/skips'
import { accuracy, seen, step, until } from './asking'
import { browserHere, servedHere } from './here'

/** The last value of a curve, as its picture is called. */
const loss = async (page: Page): Promise<number> => {
  const label = await page.locator('#curve-loss svg').getAttribute('aria-label')
  return Number(/CSTransformer ([\d.]+)/.exec(label!)?.[1] ?? NaN)
}

describeWhere(noChromium)('The playground in Chromium, at length', function () {
  this.timeout(120000)
  const served = servedHere()

  describe('without WebGPU', () => {
    const browser = browserHere('without WebGPU')

    it('tells its story on trained networks: without time the bound of 50 % is exact, and what was taken comes back', async () => {
      const { page } = await open(browser(), `${served().isolated}?stb=2&ttb=1`)
      const both = async (): Promise<readonly number[]> => [
        await accuracy(page, 'baseline'),
        await accuracy(page, 'ours'),
      ]
      const notes = (): Promise<string[]> => page.locator('.note').allInnerTexts()
      await until('both networks beyond 60 %', async () => (await both()).every(part => part >= 60))
      await page.getByRole('button', { name: 'Pause' }).click()
      await page.getByRole('button', { name: 'Step', exact: true }).click()
      // The last look is at the networks as they are.
      const rests = async (): Promise<boolean> => {
        const before = await step(page)
        await page.waitForTimeout(1500)
        return (await step(page)) === before
      }
      await until('rest', rests)
      const at = await step(page)
      const learnt = await both()
      await page.getByRole('button', { name: 'Take time away' }).click()
      await until('the bound', async () => (await both()).every(part => part <= 50))
      expect(await notes()).to.deep.equal(['the same answer', 'the same answer', 'the same answer', 'the same answer'])
      expect(await page.locator('#story').innerText()).to.match(
        /of 64 pairs both clips are right in: Baseline 0, CSTransformer 0\.$/i,
      )
      await page.getByRole('button', { name: 'Take time away' }).click()
      await until('what was learnt', async () => (await both()).join() === learnt.join())
      await page.getByRole('button', { name: 'Take away what crosses' }).click()
      await until('α = 0', async () => (await page.locator('#panel-ours .ratio').allTextContents()).includes('α 0.00'))
      expect(await accuracy(page, 'baseline'), 'the baseline has nothing that crosses').to.equal(learnt[0])
      await page.goBack()
      await until('back', async () => (await both()).join() === learnt.join())
      await page.getByLabel('β of every block').fill('3')
      await until(
        'β = 3',
        async () =>
          (await page.locator('#beta-shown').innerText()) === '3.0' &&
          /only its sign/.test(await page.locator('#story').innerText()),
      )
      expect(await step(page), 'no step was made').to.equal(at)
      expect(new URL(page.url()).searchParams.get('beta')).to.equal('3')
      await page.close()
    })

    it('has its pages and the reference offline', async () => {
      const { page } = await open(browser(), `${served().isolated}?run=0&stb=1&ttb=0&frames=2`)
      await seen(page)
      await page.waitForTimeout(3500)
      await page.waitForLoadState('networkidle')
      await page.context().setOffline(true)
      await page.getByRole('button', { name: 'Eq. 8: cross-stage attention map' }).click()
      await page
        .getByRole('dialog')
        .getByRole('heading', { name: 'Cross-stage attention map, Sec. 3.2, Eq. (8)' })
        .waitFor()
      await page.keyboard.press('Escape')
      await page.getByLabel('Engine').selectOption('ndarray')
      await until('the reference', async () => (await page.locator('#engine').innerText()).startsWith('Reference'))
      await seen(page)
      await page.close()
    })

    it('shows in forced colours what is on, and says in sight that it needs JavaScript, or workers', async () => {
      const forced = await open(browser(), `${served().isolated}?run=0&stb=1&ttb=0`, { forcedColors: 'active' })
      const toggle = forced.page.getByRole('switch', { name: 'CSSA' })
      const look = async (): Promise<string> => (await toggle.screenshot()).toString('base64')
      await toggle.focus()
      const on = await look()
      await toggle.press(' ')
      expect(await look()).to.not.equal(on)
      await forced.page.close()
      const bare = await open(browser(), served().isolated, { javaScriptEnabled: false })
      const box = await bare.page.locator('.notice').boundingBox()
      expect(box!.y + box!.height).to.be.below(300)
      for (const at of ['[role=switch]', '#run', '#panel-ours'])
        expect(await bare.page.locator(`${at}:visible`).count(), at).to.equal(0)
      await bare.page.close()
      const none = await browser().newPage()
      await none.addInitScript('delete globalThis.Worker')
      await none.goto(served().isolated)
      expect(await none.locator('#said').innerText()).to.equal(
        'The networks learn in a web worker, which this browser does not have.',
      )
      await none.close()
    })

    it('rests in the background, and goes on when it is seen again', async () => {
      const { ask, hide, show, close } = await tab(browser(), `${served().isolated}?stb=1&ttb=0&frames=2`)
      const steps = async (): Promise<number> => Number(await ask("document.getElementById('steps')?.textContent"))
      await until('three steps', async () => (await steps()) >= 3)
      await hide()
      await until('the background', async () => (await ask('document.hidden')) === true)
      await show()
      await until('the foreground', async () => (await ask('document.hidden')) === false)
      const back = await steps()
      await until('more steps', async () => (await steps()) > back)
      expect(await ask("document.getElementById('said').textContent")).to.equal(
        'Training rested while this tab was in the background.',
      )
      await close()
    })
  })

  describe('with WebGPU in software', () => {
    const browser = browserHere('WebGPU in software')

    it('learns, and goes on with webasm when the device is lost', async () => {
      const { page } = await open(browser(), `${served().isolated}?engine=webgpu&stb=1&ttb=0&frames=2`)
      await until('the first step', async () => (await step(page)) >= 1)
      expect(await page.locator('#engine').innerText()).to.match(/^WebGPU .*software/)
      const first = await loss(page)
      await until('a smaller loss', async () => (await loss(page)) < first - 0.02)
      const client = await browser().newBrowserCDPSession()
      await client.send('Browser.crashGpuProcess')
      await until('another engine', async () => (await page.locator('#engine').innerText()).startsWith('WebAssembly'))
      expect(await page.locator('#said').innerText()).to.match(
        /^The GPU device was lost\. Training goes on with webasm from step \d+\.$/,
      )
      const back = await step(page)
      await until('more steps', async () => (await step(page)) > back + 1)
      await page.close()
    })
  })
})
