/** Training of the PyTorch example with the other optimizer, in the other type. */
import { join } from 'node:path'
import { temporaryFolder } from './cli/command'
import { describeWhere } from './laws/skips'
import { goesOnWithOurs, noTorch } from './pytorch'

describeWhere(noTorch)('The PyTorch example, at length', () => {
  const folder = temporaryFolder()
  goesOnWithOurs(name => join(folder, `${name}.safetensors`), 'SGD with momentum, rates in steps', 'float32')
})
