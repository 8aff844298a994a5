import { ShapeError, shown } from '../../tensor'

/** Throws ShapeError unless all arguments, by their names, are whole numbers, and large enough. */
export const wholeNumbers = (who: string, args: Readonly<Record<string, number>>, least = -Infinity): void => {
  for (const [name, n] of Object.entries(args))
    if (!Number.isInteger(n) || n < least)
      throw new ShapeError(
        `${who}: ${name} must be a whole number${least === -Infinity ? '' : ` of at least ${least}`}, got ${shown(n)}`,
      )
}
