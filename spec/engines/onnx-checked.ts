/** ONNX models under the eyes of onnx.checker. */
import { expect } from 'chai'
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { full, initialParameters, onnxModel, trace, variants } from '../../lib'
import { encodeModel, modelFiles, type ModelProto } from '../../lib/engines'
import { networkModel, sgd, trainingStep } from '../../lib/training'
import { goldenNetwork } from '../golden'

/** The graph of a training step of a case. */
const stepModel = (name: string): ModelProto => {
  const { config, parameters, X, labels, train } = goldenNetwork(name, 'float32')
  const optimizer = sgd(train)
  const state = { parameters, optimizer: optimizer.start(parameters) }
  return onnxModel(trace(trainingStep(config, optimizer), state, { X, labels }, full(0.1, [])).graph)
}

// Debian's python3-onnx, which the tests may not depend on.
const python = ['/usr/bin/python3', 'python3'].find(p => spawnSync(p, ['-c', 'import onnx']).status === 0)

/** The networks of golden cases and their training steps, beside one with its weights in a file and one with its dead work. */
export const passesChecker = (folder: string, cases: readonly string[]): unknown => {
  const names = [
    ...cases.map(name => `${name}.onnx`),
    ...cases.map(name => `${name}-step.onnx`),
    'small.onnx',
    'kept.onnx',
  ]
  return (python ? it : it.skip)(
    `passes onnx.checker, ${names.length} models${python ? '' : ' (skipped: no Python with the package onnx here)'}`,
    () => {
      for (const name of cases) {
        const { config, parameters } = goldenNetwork(name, 'float32')
        writeFileSync(join(folder, `${name}.onnx`), encodeModel(networkModel(config, parameters)))
        writeFileSync(join(folder, `${name}-step.onnx`), encodeModel(stepModel(name)))
      }
      const { config, parameters } = goldenNetwork('default', 'float32')
      writeFileSync(join(folder, 'kept.onnx'), encodeModel(networkModel(config, parameters, 'kept')))
      const beside = modelFiles(networkModel(variants.small, initialParameters(variants.small, 1)), 'small.data', 0)
      writeFileSync(join(folder, 'small.onnx'), beside.model)
      writeFileSync(join(folder, 'small.data'), Buffer.concat(beside.data!))
      const code = 'import sys, onnx\nfor f in sys.argv[1:]: onnx.checker.check_model(f, full_check=True)'
      const { status, stderr } = spawnSync(python!, ['-c', code, ...names], { cwd: folder, encoding: 'utf8' })
      expect(stderr).to.equal('')
      expect(status).to.equal(0)
    },
  )
}
