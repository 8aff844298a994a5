/** Agreement with an independent model of the paper: some of the graphs in each run, all in the slow tests. */
import { agreesWithPyTorch } from './agreement'

describe('Golden cases: the same as in an independent PyTorch model', () => agreesWithPyTorch({ part: 0.4 }))
