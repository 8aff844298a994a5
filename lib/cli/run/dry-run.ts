/** `train --dry-run`: what a run would be, without making anything of its size. */
import type { Command } from 'commander'
import type { Engine } from '../../engines'
import { describeClips, describeNetwork } from '../../systems/describe'
import { alike, stageOf, stagesOf } from '../../systems/stages'
import { stepMemory, trainedOf } from '../../training'
import { featureBytes } from '../../training/node'
import { abstractNetwork } from '../../systems'
import { jsonText, sizeOf } from '../../tensor'
import { entries } from '../../trace'
import { counted, fixed, grouped, table, unitOf } from '../../format/text'
import { attending, describeEngine } from '../flags/attention'
import { bytesText } from '../flags/bytes'
import { openEngine } from '../flags/engine'
import { AGAIN, fitted, roomOf } from './fit'
import type { TrainFlags } from '../flags/train'
import { type Planned, plannedRun } from './settings'

/** Checkpoints of a run on the disk: the last one, the best one, and the one that is being saved. */
const CHECKPOINTS = 3

/** What a run would be. Throws UserError where it could not. */
const told = (planned: Planned, engine: Engine, flags: TrainFlags) => {
  const { config, name, variant, settings, options, videos } = planned
  const room = roomOf(engine, flags.memory)
  const { recipe, remark } = fitted(engine, planned, room, options)
  const { parts = 1, rematerialise = false, batch, steps, schedule } = recipe
  const memory = stepMemory(engine, config, recipe, options)
  const kept = videos ? videos.train.length * (settings?.augmentViews ?? 1) + videos.heldOut.length : 0
  const features = options.cut ? Math.min(flags.cache, kept * featureBytes(options.cut.numbers)) : 0
  const frozen = entries(trainedOf(recipe, abstractNetwork(config))[1])
  const count = (stage: string): number =>
    frozen.reduce((n, [path, x]) => n + (stageOf(path) === stage ? sizeOf(x.shape) : 0), 0)
  const stages = stagesOf(config, options.deadWork === 'kept' ? 'counted' : 'left out').map(stage => ({
    ...stage,
    frozen: count(stage.paths),
  }))
  return {
    name,
    variant,
    config,
    recipe,
    engine: describeEngine(engine, config),
    stages,
    parameters: stages.reduce((n, s) => n + s.parameters, 0),
    frozen: stages.reduce((n, s) => n + s.frozen, 0),
    flops: stages.reduce((n, s) => n + s.flops, 0),
    memory: { ...memory, process: process.memoryUsage.rss(), free: Number.isFinite(room.bytes) ? room.bytes : null },
    stepsPerEpoch: schedule.kind === 'steps' && settings ? schedule.stepsPerEpoch : null,
    steps,
    batch,
    parts,
    rematerialise,
    ...(remark !== undefined && { remark }),
    featureBytes: features,
    diskBytes: CHECKPOINTS * (memory.parameters + memory.optimizer) + features,
  }
}
type Told = ReturnType<typeof told>

const textOf = ({ config, stages, memory, ...run }: Told): string => {
  const unit = unitOf(run.flops)
  const scaled = (n: number): string => (n === 0 ? '·' : fixed(n / unit.scale, 3))
  const rows = alike(stages).map(({ paths, shape, parameters, flops, count, frozen }) => [
    ...[paths, shape.join(' × '), grouped(count * parameters)],
    frozen === 0 ? 'trained' : frozen === parameters ? 'frozen' : `${grouped(count * frozen)} frozen`,
    scaled(count * flops),
  ])
  const total = ['Together', '', grouped(run.parameters), `${grouped(run.frozen)} frozen`, scaled(run.flops)]
  const { parameters, optimizer, twice, clips, activations, program, total: all, process, free } = memory
  const parts = {
    parameters,
    "the optimizer's": optimizer,
    'states and sums beside them': twice,
    clips,
    'activations and gradients': activations,
    'compiled graphs': program,
    'the process already': process,
  }
  const epoch = run.stepsPerEpoch === null ? '' : ` (${grouped(run.stepsPerEpoch)} an epoch)`
  const inParts = `${run.parts === 1 ? '' : ` in ${run.parts} parts`}${run.rematerialise ? `, ${AGAIN}` : ''}`
  return [
    `${run.name}: ${describeNetwork(config)}, ${describeClips(config)}`,
    table(['stage', 'makes of a clip', 'parameters', 'of which', `${unit.name}FLOPs`], [...rows, total], 2),
    `${counted(run.steps, 'step', 'steps')}${epoch} of ${counted(run.batch, 'clip', 'clips')}${inParts}, on ${run.engine}`,
    table(
      ['memory of a step', ''],
      [...Object.entries(parts), ['together', all + process] as const].map(([what, bytes]) => [what, bytesText(bytes)]),
    ),
    ...(run.remark === undefined ? [] : [run.remark]),
    `${free === null ? '' : `${bytesText(free)} may be taken beside what the process has. `}On the disk: ${bytesText(run.diskBytes)}${run.featureBytes > 0 ? `, of which features of clips ${bytesText(run.featureBytes)}` : ''}.`,
  ].join('\n\n')
}

/** Tells what the flags of a new run make. */
export const dryRun = async (command: Command, flags: TrainFlags): Promise<string> => {
  const planned = plannedRun(command, flags)
  const engine = attending(await openEngine(flags.engine, flags.mode), flags.attention)
  try {
    const run = told(planned, engine, flags)
    return flags.json ? jsonText(run, 2) : textOf(run)
  } finally {
    await engine.close()
  }
}
