/** The packages that take videos apart, loaded when the first one is opened. */
import { createRequire } from 'node:module'
import type * as Mediabunny from 'mediabunny'
import { UserError } from '../tensor'

let loaded: Promise<typeof Mediabunny> | undefined

/**
 * Mediabunny, with FFmpeg's decoders where the platform has none of its own (Node). Decoding is in software: the same
 * pixels everywhere, and no search for hardware, which would talk on the terminal. Messages of either are silenced: what
 * matters of them is in the errors that are thrown.
 *
 * @throws UserError that says what to install
 */
export const loadMediabunny = (): Promise<typeof Mediabunny> => (loaded ??= load())

const load = async (): Promise<typeof Mediabunny> => {
  try {
    const mediabunny = await import('mediabunny')
    mediabunny.Logging.level = mediabunny.LogLevel.Silent
    if (!('VideoDecoder' in globalThis)) {
      const { registerMediabunnyServer } = await import('@mediabunny/server')
      registerMediabunnyServer({ hardwareContext: null })
      silence()
    }
    return mediabunny
  } catch (error) {
    const why = (error as Error).message.split('\n')[0]
    throw new UserError(
      `reading video: the packages mediabunny and @mediabunny/server expected, but they cannot be loaded (${why}): npm install mediabunny @mediabunny/server`,
      { cause: error },
    )
  }
}

/** FFmpeg's level of messages below which nothing is said, AV_LOG_QUIET. */
const quiet = -8

/** FFmpeg says on the terminal what it dislikes in a damaged video; its bindings are a dependency of the server package. */
const silence = (): void => {
  const server = createRequire(__filename).resolve('@mediabunny/server')
  const { Log }: { Log: { setLevel: (level: number) => void } } = createRequire(server)('node-av')
  Log.setLevel(quiet)
}
