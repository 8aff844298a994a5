/** Features of clips that are kept on disk: a file of tensors for each clip, in a folder of bounded size. */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { remove } from '../disk'
import { makeFolder } from '../folders'
import { attempt } from '../refusals'
import { flat, over, UserError } from '../tensor'
import type { ClipData, VideoFacts } from '../video'
import { loadSafetensors, saveSafetensors } from './files'

/** Features of a clip's crops. */
export type Features = ClipData<readonly [V: number, N: number]>

export interface FeatureCache {
  /** The features under a key; nothing where there are none, or their file is not as it was saved. */
  readonly get: (key: string) => Features | undefined
  /** Keeps features, as long as there is room. */
  readonly put: (key: string, features: Features) => void
}

/** Hash of some texts and numbers. */
export const hashOf = (...parts: readonly (string | Float32Array | Float64Array)[]): string => {
  const hash = createHash('sha256')
  for (const part of parts)
    hash.update(typeof part === 'string' ? `${part.length} ${part}` : new Uint8Array(part.buffer, part.byteOffset, part.byteLength)) // prettier-ignore
  return hash.digest('hex')
}

const SUFFIX = '.safetensors'
/** Letters of a hash in the name of a file. */
const LETTERS = 40

interface Options {
  /** Bytes that all files may take. */
  readonly limit: number
  /** Hears once why no more is kept: the bound, or what the system refuses. */
  readonly onEnd?: (why: string) => void
}

/**
 * Opens a folder of features. What is in it of another network, or was left half written, is removed. Nothing that is wrong
 * with the folder ends a run: what cannot be kept is made again.
 *
 * @param network tells what the features are made by, and of which weights
 */
export const openFeatureCache = (
  folder: string,
  network: string,
  { limit, onEnd = () => undefined }: Options,
): FeatureCache => {
  const mine = hashOf(network).slice(0, LETTERS / 2)
  const nameOf = (key: string): string => `${mine}-${hashOf(key).slice(0, LETTERS)}${SUFFIX}`
  let open = limit > 0
  let bytes = 0
  const end = (why: string): void => {
    if (open) onEnd(why)
    open = false
  }
  /** Does something with a file or the folder, unless the system refuses. */
  const trying = <T>(action: () => T): T | undefined => {
    try {
      return action()
    } catch (error) {
      if (error instanceof UserError) return void end(error.message)
      throw error
    }
  }
  trying(() => {
    if (!existsSync(folder)) return
    for (const name of attempt(folder, 'read', () => readdirSync(folder))) {
      const path = join(folder, name)
      if (name.startsWith(`${mine}-`) && name.endsWith(SUFFIX)) bytes += sizeAt(path)
      else if (/\.safetensors(\.[0-9a-f]{8}\.partial)?$/.test(name)) remove(path)
    }
  })

  const get = (key: string): Features | undefined => {
    const path = join(folder, nameOf(key))
    if (!existsSync(path)) return undefined
    try {
      return featuresOf(path, key)
    } catch (error) {
      // Damaged: it is made again, in this one's place.
      if (!(error instanceof UserError)) throw error
      bytes -= sizeAt(path)
      trying(() => remove(path))
      return undefined
    }
  }
  const put = (key: string, { data, shape, video, damaged }: Features): void => {
    if (!open) return
    const path = join(folder, nameOf(key))
    const room = featureBytes(data.length)
    if (bytes + room > limit) return end(`${folder}: holds as much as it may`)
    const metadata = { key, video: JSON.stringify(video), damaged: JSON.stringify(damaged), sum: sumOf(data) }
    trying(() => {
      makeFolder(folder)
      saveSafetensors(path, { tensors: new Map([['features', over(data, [...shape])]]), metadata })
      bytes += sizeAt(path)
    })
  }
  return { get, put }
}

/** More than the header of a file takes. */
const ROOM_FOR_HEADER = 2048
/** The most that features of so many numbers take on the disk. */
export const featureBytes = (numbers: number): number => 4 * numbers + ROOM_FOR_HEADER
const sumOf = (data: Float32Array): string => hashOf(data)
const sizeAt = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0

/** The features in a file. Throws UserError where it does not hold those of the key, as they were saved. */
const featuresOf = (path: string, key: string): Features => {
  const { tensors, metadata } = loadSafetensors(path)
  const found = tensors.get('features')
  const data = found && flat(found)
  const damaged = (): never => {
    throw new UserError(`${path}: must hold the features of a clip as they were saved, got others`)
  }
  if (!(data instanceof Float32Array) || found?.shape.length !== 2) return damaged()
  if (metadata['key'] !== key || metadata['sum'] !== sumOf(data)) return damaged()
  const read = (name: 'video' | 'damaged'): unknown => {
    try {
      return JSON.parse(metadata[name] ?? '')
    } catch {
      return damaged()
    }
  }
  const shape = found.shape as unknown as Features['shape']
  return { data, shape, video: read('video') as VideoFacts, damaged: read('damaged') as readonly number[] }
}
