import { agreesWithPyTorch } from './agreement'

describe('Golden cases, on every engine: the same as in an independent PyTorch model', () =>
  agreesWithPyTorch({ part: 1 }))
