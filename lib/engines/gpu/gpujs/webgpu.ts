/** WebGPU, where it is: in browsers `navigator.gpu`, in Node the package `webgpu`. */
import type * as fs from 'node:fs'
import type * as dawn from 'webgpu'
import { UserError } from '../../../tensor'
import { type GpuJs, optional, type WebGPU } from './library'
import { builtin } from '../../../host'

const DRIVERS = ['/usr/share/vulkan/icd.d', '/etc/vulkan/icd.d', '/usr/local/share/vulkan/icd.d']
/** Whether a driver of Vulkan is installed: where there is none, Dawn writes about it to the terminal. */
const hasDriver = ({ existsSync, readdirSync }: typeof fs): boolean =>
  process.platform !== 'linux' ||
  ['VK_DRIVER_FILES', 'VK_ICD_FILENAMES'].some(name => process.env[name]) ||
  DRIVERS.some(folder => existsSync(folder) && readdirSync(folder).length > 0)

const NO_ADAPTER =
  'engine gpu: mode webgpu needs a WebGPU adapter, but none answers: install a driver with Vulkan, or use mode webasm'
const NO_WEBGPU =
  'engine gpu: mode webgpu needs a browser with WebGPU on a page from https or localhost, but navigator.gpu is missing: use mode webasm'

/** Node's package: by a name that bundlers for browsers do not follow. */
const DAWN: string = 'webgpu'
const loadDawn = (): Promise<typeof dawn> =>
  optional(
    'webgpu',
    'engine gpu: mode webgpu, outside of a browser,',
    () => import(/* webpackIgnore: true */ /* @vite-ignore */ DAWN),
  )

/** Puts `navigator.gpu` where gpu.js looks for it. */
const provide = async (): Promise<void> => {
  const here = globalThis as { navigator?: { gpu?: unknown; hardwareConcurrency?: number } }
  if (here.navigator?.gpu) return
  const files = builtin('node:fs')
  if (!files) throw new UserError(NO_WEBGPU)
  const node = await loadDawn()
  if (!hasDriver(files)) throw new UserError(NO_ADAPTER)
  Object.assign(globalThis, node.globals)
  const gpu = node.create([])
  if (here.navigator) Object.defineProperty(here.navigator, 'gpu', { value: gpu, configurable: true })
  else Object.defineProperty(globalThis, 'navigator', { value: { gpu }, configurable: true })
}

// gpu.js has one device for all: it ends with the last engine that uses it.
let users = 0

/** gpu.js's device, and its adapter's name. Throws UserError where there is none, or where it is software and that was not asked for. */
export const openWebGPU = async (
  { WebGPUContext }: GpuJs,
  allowFallback: boolean,
): Promise<{
  readonly context: WebGPU
  readonly adapter: string
  readonly software: boolean
  readonly close: () => Promise<void>
}> => {
  await provide()
  users++
  const close = async (): Promise<void> => {
    if (--users === 0) await WebGPUContext.destroy()
  }
  let context: WebGPU
  try {
    context = await WebGPUContext.acquire()
  } catch {
    await close()
    throw new UserError(NO_ADAPTER)
  }
  const { info } = context.adapter
  const said = [info.description, info.device, info.architecture, info.vendor].find(text => text)
  const software = info.isFallbackAdapter === true
  const adapter = `${said ?? 'an adapter without a name'}${software ? ' (software)' : ''}`
  if (software && !allowFallback) {
    await close()
    throw new UserError(
      `engine gpu: the adapter must be hardware, got ${adapter}: install a driver with Vulkan, or use mode webasm`,
    )
  }
  return { context, adapter, software, close }
}
