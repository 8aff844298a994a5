/** The packages that take videos apart, loaded when the first one is opened. */
import type * as Server from '@mediabunny/server'
import type * as Mediabunny from 'mediabunny'
import type * as NodeAv from 'node-av'
import { UserError } from '../tensor'
import { builtin } from '../host'
import { libavDecoder } from './libav-decoder'
import { firstLine } from './video'

/** By names that no bundler follows: a page that reads videos hands its Mediabunny in, and the others are Node's. */
const [MEDIABUNNY, SERVER, AV]: readonly [string, string, string] = ['mediabunny', '@mediabunny/server', 'node-av']
const importMediabunny = (): Promise<typeof Mediabunny> =>
  import(/* webpackIgnore: true */ /* @vite-ignore */ MEDIABUNNY)
const importServer = (): Promise<typeof Server> => import(/* webpackIgnore: true */ /* @vite-ignore */ SERVER)
const importAv = (): Promise<typeof NodeAv> => import(/* webpackIgnore: true */ /* @vite-ignore */ AV)

const NO_WEBCODECS =
  'reading video: must run in a browser with WebCodecs, on a page from https or localhost, got one without VideoDecoder'

let loaded: Promise<typeof Mediabunny> | undefined

/**
 * Mediabunny: with the decoders of the browser (WebCodecs), or FFmpeg's in Node, which has none of its own. Messages of either are silenced: what
 * matters of them is in the errors that are thrown.
 *
 * @throws UserError that says what to install, or that the browser has no WebCodecs
 */
export const loadMediabunny = (given?: () => Promise<unknown>): Promise<typeof Mediabunny> => (loaded ??= load(given))

const load = async (given?: () => Promise<unknown>): Promise<typeof Mediabunny> => {
  const native = 'VideoDecoder' in globalThis
  if (!native && !builtin('node:fs')) throw new UserError(NO_WEBCODECS)
  try {
    const mediabunny = await ((given ?? importMediabunny) as typeof importMediabunny)()
    mediabunny.Logging.level = mediabunny.LogLevel.Silent
    if (native) return mediabunny
    const [server, av] = [await importServer(), await loadAv()]
    mediabunny.registerDecoder(libavDecoder({ mediabunny, server, av }))
    return mediabunny
  } catch (error) {
    loaded = undefined // a page may hand it in yet
    if (native)
      throw missing('mediabunny', "mediabunny, and openVideo(file, { mediabunny: () => import('mediabunny') })", error)
    throw missing('mediabunny and @mediabunny/server', 'mediabunny @mediabunny/server', error)
  }
}

/** Whether files are read by FFmpeg where Mediabunny does not read them: in Node, but in no browser. */
export const hasAv = (): boolean => !('VideoDecoder' in globalThis) && builtin('node:fs') !== undefined

/**
 * FFmpeg's libraries for Node.
 *
 * @throws UserError that says what to install
 */
export const loadAv = async (): Promise<typeof NodeAv> => {
  try {
    const av = await importAv()
    av.Log.setLevel(av.AV_LOG_QUIET)
    return av
  } catch (error) {
    throw missing('node-av', '@mediabunny/server', error)
  }
}

const missing = (packages: string, install: string, error: unknown): UserError =>
  new UserError(
    `reading video: must have the packages ${packages}, got none that can be loaded (${firstLine(error)}): npm install ${install}`,
    { cause: error },
  )
