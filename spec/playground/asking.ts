/** What is asked of the page, and waited for. */
import type { Locator, Page } from 'playwright-core'

/** Waits until a question about the page is answered with yes. */
export const until = async (what: string, holds: () => Promise<boolean>, seconds = 50): Promise<void> => {
  const end = Date.now() + 1000 * seconds
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`${what}: not within ${seconds} s`)
    await new Promise(resolve => setTimeout(resolve, 100))
  }
}
const number = async (at: Locator): Promise<number> => Number((await at.innerText()).replace(/[^\d.]/g, '') || NaN)
export const step = (page: Page): Promise<number> => number(page.locator('#steps'))
export const accuracy = (page: Page, name: string): Promise<number> => number(page.locator(`#accuracy-${name}`))
export const seen = (page: Page): Promise<void> =>
  until('a first look at the networks', async () => !Number.isNaN(await accuracy(page, 'ours')))
