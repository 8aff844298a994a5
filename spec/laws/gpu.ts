/** gpu.js under test: which of its modes computes, and where WebGPU runs without a GPU. */
import { expect } from 'chai'
import { existsSync } from 'node:fs'
import * as gpujs from 'gpu.js'
import type { Engine, GpuMode } from '../../lib/engines'
import { add, mul, softmax, sum } from '../../lib/primitives'
import { full, type Tensor } from '../../lib/tensor'
import { trace } from '../../lib/trace'
import { drawn } from './values'

/** The class of kernels that each mode is made of. */
const classes: Readonly<Record<GpuMode, keyof typeof gpujs>> = {
  cpu: 'CPUKernel',
  webasm: 'WebAssemblyKernel',
  webgpu: 'WebGPUKernel' as keyof typeof gpujs,
  headlessgl: 'HeadlessGLKernel',
}
interface Builds {
  build: (...args: unknown[]) => unknown
}
/** How many kernels each class has built. */
const built = new Map<string, number>()
for (const name of Object.values(classes)) {
  const { prototype } = gpujs[name] as unknown as { readonly prototype: Builds }
  const { build } = prototype
  prototype.build = function (...args) {
    built.set(name, (built.get(name) ?? 0) + 1)
    return build.apply(this, args)
  }
}

/** Fails where a kernel of another mode than this one is asked for. */
export const watched =
  (mode: GpuMode) =>
  async <R>(compute: () => Promise<R>): Promise<R> => {
    built.clear()
    const result = await compute()
    const asked = [...built.keys()]
    if (asked.length > 0) expect(asked, 'the classes of kernels that computed').to.deep.equal([classes[mode]])
    return result
  }

/** @returns why gpu.js has no mode headlessgl here, where it has none */
export const noHeadlessGL = (): string | undefined => {
  if (gpujs.GPU.isHeadlessGLSupported) return undefined
  return 'the package gl, which needs an X server too, is not installed'
}

const places = [process.env['VK_DRIVER_FILES'], '/usr/lib/chromium/vk_swiftshader_icd.json']

/** Makes SwiftShader, which the Debian package chromium-common brings, the driver of WebGPU where it is installed.
 *  @returns why there is none, where there is none */
export const softwareAdapter = (): string | undefined => {
  const driver = places.find(path => path && existsSync(path))
  if (!driver) return 'no vk_swiftshader_icd.json, which the Debian package chromium-common brings'
  process.env['VK_DRIVER_FILES'] = process.env['VK_ICD_FILENAMES'] = driver
  return undefined
}

/** How many bytes of WebGPU's buffers are alive: made from now on, and not destroyed yet. 0 where there is no WebGPU. */
export const liveBytes = (): (() => number) => {
  const { GPUDevice, GPUBuffer } = globalThis as unknown as {
    GPUDevice?: { prototype: Made }
    GPUBuffer?: { prototype: Destroyed }
  }
  if (!GPUDevice || !GPUBuffer) return () => 0
  let alive = 0
  const { createBuffer } = GPUDevice.prototype
  const { destroy } = GPUBuffer.prototype
  const sizes = new WeakMap<object, number>()
  GPUDevice.prototype.createBuffer = function (options) {
    const buffer = createBuffer.call(this, options)
    sizes.set(buffer, options.size)
    alive += options.size
    return buffer
  }
  GPUBuffer.prototype.destroy = function () {
    alive -= sizes.get(this) ?? 0
    sizes.delete(this)
    return destroy.call(this)
  }
  return () => alive
}
interface Made {
  createBuffer: (options: { readonly size: number }) => object
}
interface Destroyed {
  destroy: () => unknown
}

/** Runs a function on an engine, and gives every handle back. */
export const runOn = async <H>(
  engine: Engine<H>,
  f: (...xs: Tensor[]) => unknown,
  ...xs: readonly Tensor[]
): Promise<readonly Tensor[]> => {
  const execute = await engine.compile(trace(f, ...xs).graph)
  const given = xs.map(engine.upload)
  const made = await execute(given)
  const results = await Promise.all(made.map(engine.download))
  engine.release([...given, ...made])
  return results
}

/** A step of a training: a state moves by a kernel of several results, of which one is read. */
export const smallStep = (w: Tensor, g: Tensor) => {
  const y = softmax(mul(w, g))
  return { w: add(w, mul(y, full(0.01))), loss: sum(y, [0, 1]) }
}

/** Makes {@link smallStep} ready. @returns what takes this many steps more, each of which gives back all but its state */
export const training = async <H>(engine: Engine<H>): Promise<(steps: number) => Promise<void>> => {
  const w = drawn([128, 128])
  const execute = await engine.compile(trace(smallStep, w, w).graph)
  let state = engine.upload(w)
  return async steps => {
    for (let i = 0; i < steps; i++) {
      const given = engine.upload(w)
      const [next, loss] = await execute([state, given])
      await engine.download(loss!)
      engine.release([state, given, loss!])
      state = next!
    }
  }
}
