/** `runs/NAME/`: what a run leaves behind. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { dtypeOf, jsonText, UserError } from '../../tensor'
import { variants } from '../../paper'
import type { NetworkConfig } from '../../systems'
import type { Checkpoint, Recipe } from '../../training'
import { loadCheckpoint, saveCheckpoint as saveFile } from '../../training/node'
import { checked, networkSchema, real, recipeSchema } from '../../training/schema'
import {
  count,
  exactly,
  index,
  type Kind,
  listOf,
  number,
  optional,
  record,
  text,
  wholeNumber,
  word,
} from '../../tensor/given'
import { stateEntries } from '../../training/step'
import { named, readText, remove, removePartials, save } from '../../disk'
import { holderOf, type Lock, lock } from '../../lock'
import type { LabelledVideo } from '../../video/node'
import type { VideoSettings } from '../flags/videos'
import { publishedSystems } from './published'

/** The files of a run by what they hold. */
export const FILES = {
  config: 'config.json',
  parameters: 'last.safetensors',
  best: 'best.safetensors',
  metrics: 'metrics.jsonl',
  curve: 'learning-curve.svg',
  clips: 'clips.svg',
  confusion: 'confusion.svg',
  leftOut: 'left-out.txt',
  index: 'videos.jsonl',
  heldOut: 'held-out.jsonl',
} as const

/** What config.json says of a run. */
export interface Settings {
  readonly name: string
  readonly variant: string
  readonly seed: number
  /** What every α_i started as. */
  readonly alpha: number
  readonly engine: string
  /** How the engine gpu computed, where that was said. */
  readonly mode?: string
  /** Which videos it is trained on, unless that is digits in motion. */
  readonly videos?: VideoSettings
  readonly config: NetworkConfig
  readonly recipe: Recipe
  /** How many held-out clips of digits it is measured with. */
  readonly heldOut?: number
  /** The flags that made it, by their names: `--config` of this file repeats it. */
  readonly flags?: Readonly<Record<string, unknown>>
  readonly command: string
  readonly versions: { readonly cstransformer: string; readonly node: string }
}

/** The folder of a run. Throws UserError for a name that would lead elsewhere. */
export const runFolder = (runs: string, name: string): string => {
  if (!/^(?!\.)[^/\\\0]+$/.test(name))
    throw new UserError(`--name must be the name of a folder, without '/' and not starting with '.', got '${name}'`)
  return join(named(runs), name)
}

/** Takes a run's folder, which one process has at a time. Throws UserError that names the process that has it. */
export const lockRun = (folder: string): Lock => {
  const mine = lock(folder)
  if (!mine)
    throw new UserError(
      `${folder}: must be free to train in, got ${holderOf(folder)?.by ?? 'another process'} at work in it`,
    )
  // What saving has left where a process was killed.
  for (const file of Object.values(FILES)) removePartials(join(folder, file))
  return mine
}

/** Begins a new run in its folder. Throws UserError where it holds a run already, unless that is to be replaced. What ended
 *  before its first checkpoint is no run. */
export const startRun = (folder: string, settings: Settings, overwrite: boolean): void => {
  const there = Object.values(FILES).filter(file => existsSync(join(folder, file)))
  if (there.some(file => file !== FILES.config) && !overwrite)
    throw new UserError(
      `${folder} holds a run already: --resume goes on with it, --overwrite replaces it, --name NAME starts another`,
    )
  for (const file of there) remove(join(folder, file))
  saveSettings(folder, settings)
}

/** Saves what is said of a run. */
export const saveSettings = (folder: string, settings: Settings): void =>
  save(join(folder, FILES.config), `${jsonText(settings, 2)}\n`)

/** Checks that there is a run to go on with. Throws UserError where there is none. */
export const checkRun = (folder: string): void => {
  if (!existsSync(join(folder, FILES.parameters)))
    throw new UserError(`${folder}: must hold a run to go on with, got no ${FILES.parameters} in it`)
}

/** A run to go on with: its settings, and where it was. Throws UserError where it cannot be read, or its files do not agree. */
export const openRun = (folder: string): { readonly settings: Settings; readonly checkpoint: Checkpoint } => {
  const [parameters, config] = [join(folder, FILES.parameters), join(folder, FILES.config)]
  const checkpoint = loadCheckpoint(parameters)
  const wide = stateEntries(checkpoint.state).find(([, x]) => dtypeOf(x) !== 'float32')
  if (wide)
    throw new UserError(`${parameters}: '${wide[0]}' must hold float32 to go on with, got float64 (--init takes it)`)
  const settings = parseSettings(readText(config), config)
  for (const key of ['config', 'recipe', 'seed'] as const)
    if (!isDeepStrictEqual(settings[key], JSON.parse(JSON.stringify(checkpoint[key]))))
      throw new UserError(`${config}: its ${key} must be that of ${FILES.parameters}, got another one`)
  return { settings, checkpoint }
}

/** Every value of config.json; one that is missing here does not compile. */
const settingsSchema = exactly(
  {
    ...{
      name: text,
      variant: word(...Object.keys(variants), ...publishedSystems),
      seed: wholeNumber,
      alpha: number,
      engine: text,
    },
    ...{ mode: optional(text), config: networkSchema, recipe: recipeSchema, command: text, heldOut: optional(count) },
    flags: optional(record),
    versions: exactly({ cstransformer: text, node: text }),
    videos: optional(
      exactly({
        ...{ data: text, videos: optional(text), classNames: optional(text), validation: optional(text) },
        ...{ split: optional(text), validationSplit: optional(text), augmentViews: optional(count) },
        heldOutPart: real('a number between 0 and 1', n => n > 0 && n < 1),
        jitter: exactly({ shortSide: listOf(count, 2), crop: count }),
      } satisfies Record<keyof Required<VideoSettings>, Kind>),
    ),
  } satisfies Record<keyof Required<Settings>, Kind>,
  'the settings of a run',
)

const parseSettings = (json: string, path: string): Settings => {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    throw new UserError(`${path}: must be the settings of a run, got other text`)
  }
  return checked<Settings>(settingsSchema, value, `${path}: `)
}

const heldOutSchema = exactly(
  { path: text, label: index, part: optional(exactly({ from: number, to: number })) } satisfies Record<
    keyof Required<LabelledVideo>,
    Kind
  >,
  'a held-out video',
)

/** Saves which videos a run is measured with, a line for each. */
export const saveHeldOut = (folder: string, videos: readonly LabelledVideo[]): void =>
  save(join(folder, FILES.heldOut), videos.map(video => `${jsonText(video)}\n`).join(''))

/** The videos that a run is measured with; nothing where that is not known. */
export const readHeldOut = (folder: string): readonly LabelledVideo[] | undefined => {
  const path = join(folder, FILES.heldOut)
  if (!existsSync(path)) return undefined
  const lines = readText(path)
    .split('\n')
    .filter(line => line !== '')
  return lines.map((line, i) => {
    const where = `${path}: line ${i + 1}`
    try {
      return checked<LabelledVideo>(heldOutSchema, JSON.parse(line), `${where}: `, 'it')
    } catch (error) {
      if (error instanceof UserError) throw error
      throw new UserError(`${where} must be a held-out video, as JSON, got other text`)
    }
  })
}

export const saveCheckpoint = (folder: string, checkpoint: Checkpoint): void =>
  saveFile(join(folder, FILES.parameters), checkpoint)

/** Saves the checkpoint that was the best on held-out videos. */
export const saveBest = (folder: string, checkpoint: Checkpoint): void => saveFile(join(folder, FILES.best), checkpoint)
