/** What functions of graphs are given, for those who check it. */
import { dtype, type Kind, list, recordOf } from '../tensor/given'

export const graph: Kind = recordOf({ nodes: list, outputs: list, dtype })
