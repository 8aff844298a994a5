/** Limits of time: a network's disk may never answer. */
import { UserError } from '../tensor'

/** @throws UserError when a number of seconds is none that a timer can be set for: one above 2³¹ ms goes off at once */
export const checkSeconds = (name: string, seconds: number): void => {
  if (!(seconds > 0 && seconds < 2e6))
    throw new UserError(`${name} must be seconds above 0 and below 2,000,000, got ${seconds}`)
}

/**
 * What a promise gives, if it does so within some seconds.
 *
 * @throws UserError that names the file when it does not
 */
export const inTime = async <T>(promise: Promise<T>, seconds: number, name: string): Promise<T> => {
  checkSeconds('timeLimit', seconds)
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new UserError(`${name}: must be read within ${seconds} s, got no answer`)),
      seconds * 1000,
    )
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
