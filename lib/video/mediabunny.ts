/** The packages that take videos apart, loaded when the first one is opened. */
import type * as Server from '@mediabunny/server'
import type * as Mediabunny from 'mediabunny'
import type * as NodeAv from 'node-av'
import { UserError } from '../tensor'
import { builtin } from '../host'
import { libavDecoder } from './libav'

/** Node's packages: by names that bundlers for browsers do not follow. */
const [SERVER, AV]: readonly [string, string] = ['@mediabunny/server', 'node-av']
const loadServer = (): Promise<typeof Server> => import(/* @vite-ignore */ SERVER)
const loadAv = (): Promise<typeof NodeAv> => import(/* @vite-ignore */ AV)

const NO_WEBCODECS =
  'reading video: a browser with WebCodecs on a page from https or localhost expected, found none: VideoDecoder is missing'

let loaded: Promise<typeof Mediabunny> | undefined

/**
 * Mediabunny: with the decoders of the browser (WebCodecs), or FFmpeg's in Node, which has none of its own. Messages of either are silenced: what
 * matters of them is in the errors that are thrown.
 *
 * @throws UserError that says what to install, or that the browser has no WebCodecs
 */
export const loadMediabunny = (): Promise<typeof Mediabunny> => (loaded ??= load())

const load = async (): Promise<typeof Mediabunny> => {
  const native = 'VideoDecoder' in globalThis
  if (!native && !builtin('node:fs')) throw new UserError(NO_WEBCODECS)
  try {
    const mediabunny = await import('mediabunny')
    mediabunny.Logging.level = mediabunny.LogLevel.Silent
    if (native) return mediabunny
    const [server, av] = [await loadServer(), await loadAv()]
    av.Log.setLevel(av.AV_LOG_QUIET)
    mediabunny.registerDecoder(libavDecoder({ mediabunny, server, av }))
    return mediabunny
  } catch (error) {
    const why = (error as Error).message.split('\n')[0]
    throw new UserError(
      `reading video: the packages mediabunny and @mediabunny/server expected, but they cannot be loaded (${why}): npm install mediabunny @mediabunny/server`,
      { cause: error },
    )
  }
}
