/** What the tests of a suite have: the playground, built and served, and a browser. */
import type { Browser } from 'playwright-core'
import { type Kind, launch } from '../chromium'
import { serve, type Served } from './served'

/** The playground, for the tests of the suite that asks. */
export const servedHere = (): (() => Served) => {
  let served: Served
  before(async () => {
    served = await serve()
  })
  after(() => served.close())
  return () => served
}

/** A browser, likewise. */
export const browserHere = (kind: Kind): (() => Browser) => {
  let browser: Browser
  before(async () => {
    browser = await launch(kind)
  })
  after(() => browser.close())
  return () => browser
}
