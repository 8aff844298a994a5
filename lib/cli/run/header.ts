/** What is said of a run before it begins. */
import { sizeOf, tame } from '../../tensor'
import { leaves } from '../../trace'
import { describeClips, describeNetwork, systemTitle } from '../../systems/describe'
import { trainedOf } from '../../training'
import { counted, grouped } from '../../format/text'
import { describeEngine } from '../flags/attention'
import { keyLine } from '../terminal/key-line'
import type { Paint } from '../terminal/terminal'
import { AGAIN } from './fit'
import type { Run } from './training'

/** The network, its clips, how it is trained, and what computes: a line each under a title.
 *  @param remarks what there is to say of the videos
 *  @param memory what there is to say of memory */
export const runHeader = (
  paint: Paint,
  folder: string,
  { checkpoint, engine, task }: Run,
  remarks: readonly string[],
  columns = Infinity,
  memory?: string,
): string => {
  const { config, recipe, seed, step, state } = checkpoint
  const { parts = 1, rematerialise = false } = recipe
  const count = (tree: unknown): number => leaves(tree).reduce((sum, x) => sum + sizeOf(x.shape), 0)
  const frozen = trainedOf(recipe, state.parameters)[1]
  const lines = {
    network: `${describeNetwork(config)}, ${grouped(count(state.parameters))} parameters`,
    clips: describeClips(config),
    training: `${grouped(recipe.steps)} steps of ${recipe.batch} clips${parts === 1 ? '' : ` in ${parts} parts`}${rematerialise ? `, ${AGAIN}` : ''}, ${recipe.optimizer.kind}, rate ${recipe.rate}, seed ${seed}`,
    ...(recipe.freeze && { frozen: `${recipe.freeze.join(', ')}: ${grouped(count(frozen))} parameters in ${counted(leaves(frozen).length, 'tensor', 'tensors')}` }), // prettier-ignore
    ...(task.features && { features: task.features.text }),
    engine: describeEngine(engine, config),
    ...(memory !== undefined && { memory }),
    run: step === 0 ? folder : `${folder}, from step ${step}`,
  }
  const line = (key: string, value: string): string => keyLine(paint, key, value, columns)
  return [
    paint('bold', `${systemTitle(config)} on ${tame(task.title)}`),
    ...Object.entries(lines).map(([key, value]) => line(key, value)),
    ...remarks.map((remark, i) => line(i === 0 ? 'videos' : '', remark)),
    '',
  ].join('\n')
}
