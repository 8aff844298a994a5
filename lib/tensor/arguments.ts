/** How many arguments a function takes. */
import { UserError } from './errors'

/** What `map` gives to a function. */
const isMapped = ([item, i, all]: readonly unknown[]): boolean =>
  Array.isArray(all) && Object.is(all[i as number], item)

/** Refuses arguments beyond those that a function takes, where JavaScript would pass over them. Throws UserError. */
export const checkCount = (who: string, most: number, args: readonly unknown[]): void => {
  if (args.length > most && !(most === 1 && args.length === 3 && isMapped(args)))
    throw new UserError(`${who}: the arguments must be ${most} at most, got ${args.length}`)
}

/** A function that refuses arguments beyond the `most` that it takes. */
export const atMost = <F extends (...args: never[]) => unknown>(who: string, most: number, f: F): F =>
  ((...args: never[]) => {
    checkCount(who, most, args)
    return f(...args)
  }) as F
