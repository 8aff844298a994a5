/** What functions of networks are given, for those who check it. */
import {
  count,
  dtype,
  flag,
  index,
  type Kind,
  list,
  number,
  optional,
  record,
  recordOf,
  tensor,
  word,
} from '../tensor/given'

/** Every value of a configuration. Which go together is for `configure` to say. */
export const configValues = {
  ...{ channels: count, frames: count, height: count, width: count, patch: count, dim: count, heads: count },
  ...{ STB: index, TTB: index, ratioSTB: count, ratioTTB: count, classes: count },
  ...{ cssa: flag, fam: flag, spatialPosition: flag, temporalPosition: flag },
  scores: word('raw', 'accumulated'),
  aggregation: word('network', 'stage'),
  pool: word('class', 'mean'),
}

/** A configuration, as `configure` makes it. */
export const config: Kind = recordOf(configValues)

/** The parameters of a network; what is in their blocks is for the equations to say. */
export const parameters: Kind = recordOf({ patch: record, V_cls: tensor, STB: list, TTB: list, head: record })

/** What parameters start from. */
export const initial: Kind = recordOf({
  ...{ sigma: optional(number), alpha: optional(number), beta: optional(number), dtype: optional(dtype) },
})
