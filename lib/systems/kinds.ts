/** What functions of the compared systems are given, for those who check it. */
import { config } from '../paper/kinds'
import { count, flag, type Kind, number, record, recordOf } from '../tensor/given'

/** Sizes and switches that all systems have. */
export const systemConfig: Kind = recordOf({
  ...{ dim: count, heads: count, ratio: number, cssa: flag, fam: flag, channels: count, frames: count },
  ...{ height: count, width: count, patch: count, blocks: count, classes: count },
})

/** A configuration of CSTransformer, which names no system, or of another one. */
export const networkConfig: Kind = {
  ...record,
  within: (x, path) =>
    ((x as { readonly system?: unknown }).system === undefined ? config : systemConfig).within!(x, path),
}
/** What a network learns; what is in it is for the network to say. */
export const networkParameters: Kind = record
