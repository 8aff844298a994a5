/** The packages that take videos apart, loaded when the first one is opened. */
import type * as Mediabunny from 'mediabunny'
import { UserError } from '../tensor'
import { libavDecoder } from './libav'

let loaded: Promise<typeof Mediabunny> | undefined

/**
 * Mediabunny, with FFmpeg's decoders where the platform has none of its own (Node). Messages of either are silenced: what
 * matters of them is in the errors that are thrown.
 *
 * @throws UserError that says what to install
 */
export const loadMediabunny = (): Promise<typeof Mediabunny> => (loaded ??= load())

const load = async (): Promise<typeof Mediabunny> => {
  try {
    const mediabunny = await import('mediabunny')
    mediabunny.Logging.level = mediabunny.LogLevel.Silent
    if ('VideoDecoder' in globalThis) return mediabunny
    const [server, av] = [await import('@mediabunny/server'), await import('node-av')]
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
