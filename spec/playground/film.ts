/** docs/playground.webp: ten seconds of the playground, for the README. Two networks learn; time is taken away, and both fall to
 *  50 %. It takes Chromium and ffmpeg: `npx ts-node -T spec/playground/film.ts`. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { launch, noChromium } from '../chromium'
import { serve } from './served'

const OUT = join(__dirname, '../../docs/playground.webp')
const [PER_SECOND, LEARNING, WITHOUT, AGAIN] = [4, 20, 12, 8]
const [WIDTH, HEIGHT] = [1000, 620]
/** What is shown of the page: the bar, the story, the figure and one curve. */
const STYLE = `
.title, .status, .settings, .equations, .caption, .words, .under-clips, .figure > .heading, .curves h2, #curve-loss, .ratios, .bar .buttons { display: none !important }
main { display: grid !important; grid-template: 'bar bar' auto 'story story' auto 'figure curves' auto / minmax(0, 1fr) 270px !important; gap: 12px 28px }
.curves { display: block !important; padding-top: 150px }
.panels { margin-top: 8px }`

/** Pictures of a page, each a moment of the film. */
const film = (page: Page, folder: string) => {
  let count = 0
  const shoot = async (): Promise<void> => {
    await page.screenshot({ path: join(folder, `${String(count++).padStart(3, '0')}.png`) })
  }
  return { shoot, name: (i: number): string => join(folder, `${String(i).padStart(3, '0')}.png`), count: () => count }
}

const run = async (): Promise<void> => {
  if (noChromium) throw new Error(`the film needs Chromium: ${noChromium}`)
  const folder = mkdtempSync(join(tmpdir(), 'film-'))
  const served = await serve()
  const browser = await launch('without WebGPU')
  try {
    const page = await browser.newPage({ viewport: { width: WIDTH, height: HEIGHT } })
    await page.goto(`${served.isolated}?engine=webasm&stb=2&ttb=1&run=0`)
    await page.addStyleTag({ content: STYLE })
    const seen = "document.querySelector('#accuracy-ours').textContent !== '–'"
    await page.waitForFunction(seen, undefined, { timeout: 120000 })
    await page.evaluate("document.querySelector('#run').click()")
    const { shoot, name, count } = film(page, folder)
    const part = (which: string): Promise<number> =>
      page.evaluate<number>(`Number(document.querySelector('#accuracy-${which}').textContent.replace(/[^0-9]/g, ''))`)
    // As many moments as it takes to learn; evenly chosen ones are shown.
    do await shoot()
    while (Math.min(await part('ours'), await part('baseline')) < 97 && count() < 400)
    const learnt = count()
    await page.evaluate("document.querySelector('#run').click()")
    const press = async (frames: number): Promise<void> => {
      await page.evaluate("document.querySelector('#take-time').click()")
      await page.waitForTimeout(3000)
      for (let i = 0; i < frames; i++) {
        await shoot()
        await page.waitForTimeout(1000 / PER_SECOND)
      }
    }
    await press(WITHOUT)
    await press(AGAIN)
    const chosen = [
      ...Array.from({ length: LEARNING }, (_, i) => Math.round((i * (learnt - 1)) / (LEARNING - 1))),
      ...Array.from({ length: count() - learnt }, (_, i) => learnt + i),
    ]
    const list = chosen.map(i => `file '${name(i)}'\nduration ${1 / PER_SECOND}`).join('\n')
    writeFileSync(join(folder, 'list.txt'), list)
    execFileSync('ffmpeg', ['-y', '-loglevel', 'error', '-f', 'concat', '-safe', '0', '-i', join(folder, 'list.txt'), '-c:v', 'libwebp_anim', '-loop', '0', '-quality', '55', '-compression_level', '6', OUT]) // prettier-ignore
    console.log(`docs/playground.webp: ${chosen.length} pictures, ${Math.round(statSync(OUT).size / 1000)} kB`)
  } finally {
    await browser.close()
    await served.close()
    rmSync(folder, { recursive: true })
  }
}

run().catch((error: Error) => {
  console.error(error.message)
  process.exitCode = 1
})
