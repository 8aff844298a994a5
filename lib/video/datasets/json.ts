/** Annotations in JSON: Something-Something's, Charades', Kinetics' and ActivityNet's. */
import { dirname } from 'node:path'
import { cited, UserError } from '../../tensor'
import { isRecord } from '../../tensor/given'
import { type Dataset } from './dataset'
import { datasetOf, type Listed, type ListOptions } from './entries'
import { type Finder, finderIn } from './finder'
import { kineticsListed } from './kinetics'

/**
 * The dataset of annotations in JSON. Videos are in the folder that `videos` says, or else beside the file.
 *
 *     [{ "id": "78687", "template": "Holding [something]" }]                             Something-Something v2
 *     [{ "path": "a.mp4", "label": "jump" }]                                            any other list
 *     { "ID": { "subset": "train", "annotations": { "label": "jump", "segment": [1, 11] } } }   Kinetics
 *     { "ID": { "subset": "training", "actions": [[92, 11.9, 21.2]] } }                      Charades
 *     { "database": { "ID": { "annotations": [{ "label": "jump", "segment": [1, 11] }] } } }    ActivityNet
 *
 * Of the last two each action is a video of its own: the part of the file between its seconds.
 *
 * @throws UserError when it is none of these, lacks a class, or as `datasetOf` does
 */
export const jsonDataset = (file: string, json: unknown, options: ListOptions): Dataset => {
  const finder = finderIn(options.videos ?? dirname(file))
  return datasetOf(file, listedIn(file, json, finder), finder, options)
}

type Item = Readonly<Record<string, unknown>>

const listedIn = (file: string, json: unknown, finder: Finder): readonly Listed[] => {
  if (Array.isArray(json)) return json.map((item, i) => ofItem(file, item, `video ${i + 1}`, finder))
  const byId = Object.entries(isRecord(json) ? (isRecord(json['database']) ? json['database'] : json) : {})
  const every = (holds: (item: Item) => boolean): boolean =>
    byId.length > 0 && byId.every(([, item]) => isRecord(item) && holds(item))
  if (every(item => isRecord(item['annotations']))) return kineticsListed(file, byId.map(rowOf), finder)
  if (every(item => Array.isArray(actionsIn(item))))
    return byId.flatMap(([id, item]) => ofActions(file, id, item as Item, finder))
  throw new UserError(`${file}: must be a list of labelled videos, or an object of them by their ids, got other JSON`)
}

const textIn = (item: Item, ...keys: readonly string[]): string | undefined => {
  const value = keys.map(key => item[key]).find(found => typeof found === 'string' || typeof found === 'number')
  return value === undefined ? undefined : String(value)
}

/** An item of a list. A template, without the brackets around what is something, is a class of Something-Something. */
const ofItem = (file: string, json: unknown, where: string, finder: Finder): Listed => {
  const item = isRecord(json) ? json : {}
  const name = textIn(item, 'path', 'video_path', 'video', 'file', 'filename', 'id', 'video_id')
  const label = textIn(item, 'template')?.replace(/[[\]]/g, '') ?? textIn(item, 'label', 'class', 'action')
  if (name === undefined || label === undefined) {
    const keys = cited(Object.keys(item).join(', '))
    throw new UserError(`${file}: ${where}: must have an id or a path, and a template or a label, got ${keys}`)
  }
  return { where, label, name, path: finder.at(name) ?? finder.named(name), split: textIn(item, 'split', 'subset') }
}

/** Kinetics in JSON, as a row of its table. */
const rowOf = ([id, json]: readonly [string, unknown]) => {
  const { annotations, subset } = json as { readonly annotations: Item; readonly subset?: unknown }
  const [start, end] = Array.isArray(annotations['segment']) ? (annotations['segment'] as unknown[]) : []
  const text = (found: unknown): string => (typeof found === 'string' || typeof found === 'number' ? String(found) : '')
  const [label, time_start, time_end, split] = [annotations['label'], start, end, subset].map(text)
  const row = { label: label!, youtube_id: id, time_start: time_start!, time_end: time_end!, split: split! }
  return { where: cited(id), row }
}

const actionsIn = (item: Item): unknown => item['actions'] ?? item['annotations']

const ofActions = (file: string, id: string, item: Item, finder: Finder): readonly Listed[] => {
  const path = finder.at(id) ?? finder.named(id)
  const split = textIn(item, 'subset', 'split')
  return (actionsIn(item) as readonly unknown[]).map(action => {
    const [label, from, to] = fieldsOf(action)
    if ((typeof label === 'string' || typeof label === 'number') && isNumber(from) && isNumber(to) && from < to)
      return { where: cited(id), label: String(label), name: id, path, split, part: { from, to } }
    const found = cited(JSON.stringify(action))
    throw new UserError(`${file}: ${cited(id)}: an action must be a class, from and to in seconds, got ${found}`)
  })
}

/** `[class, from, to]`, or what says the same with names. */
const fieldsOf = (action: unknown): readonly unknown[] => {
  if (!isRecord(action)) return Array.isArray(action) ? action : []
  return [action['label'], ...(Array.isArray(action['segment']) ? (action['segment'] as unknown[]) : [])]
}

const isNumber = (value: unknown): value is number => typeof value === 'number'
