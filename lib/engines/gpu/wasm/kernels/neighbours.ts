/** Vectors of elements that do not lie side by side. */
import { type Code, get, set, v128 } from '../assembler/instructions'
import { FLOAT } from './kernel'
import type { Writer } from './lanes'

/** As many elements that are some steps apart. */
export const gather = (
  address: Code,
  step: number,
  lanes: number,
  { local }: Pick<Writer, 'local'>,
  offset = 0,
): Code => {
  const at = local('i32')
  const others = [1, 2, 3].slice(0, lanes - 1)
  return [
    set(at, address),
    others.reduce<Code>(
      (vector, lane) => v128.loadLane(get(at), vector, lane, offset + lane * step * FLOAT),
      v128.loadZero(get(at), offset),
    ),
  ]
}
/** Puts lanes where they belong. */
export const scatter = (
  address: Code,
  value: Code,
  lanes: number,
  step: number,
  { local }: Pick<Writer, 'local'>,
): Code => {
  const [at, v] = [local('i32'), local('v128')]
  return [
    set(at, address),
    set(v, value),
    Array.from({ length: lanes }, (_, lane) => v128.storeLane(get(at), get(v), lane, lane * step * FLOAT)),
  ]
}
