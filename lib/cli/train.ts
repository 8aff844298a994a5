/** `cstransformer train`: trains a network on digits in motion. */
import { Command, Option } from 'commander'
import { join } from 'node:path'
import { sizeOf } from '../tensor'
import { leaves } from '../trace'
import { type Engine, gpuModes } from '../engines'
import { type Checkpoint, digitsRecipe, type Pretrained } from '../training'
import { classNames } from '../video/digits-in-motion'
import { heldOutClips, ownDigits, trainingBatch } from './clips'
import { addConfigFlags, number, wholeNumber } from './config-flags'
import { confusionTable } from './confusion-table'
import { contactSheet } from './contact-sheet'
import { describeClips, describeNetwork } from './describe'
import { engineNames, openEngine } from './engines'
import { save } from './files'
import { learningCurve } from './learning-curve'
import { appendMetrics, readMetrics, rewindMetrics } from './metrics'
import { pretrainedTable } from './pretrained-table'
import { noProgress, progressOn } from './progress'
import { addRecipeFlags } from './recipe-flags'
import { FILES, openRun, runFolder, saveCheckpoint, startRun } from './run-folder'
import { exitCodeOf, listen } from './signals'
import type { Streams } from './streams'
import { type Paint, paintFor } from './terminal'
import { clock, fixed, grouped, percent } from './text'
import { checkSameRun, defaultName, newRun, type TrainFlags } from './train-settings'
import { evaluateRun, type Run, trainRun } from './training-run'
import { version } from './version'

const examples = `
A run is made by its flags and its seed alone: the same ones give the same parameters, bit for bit. Ctrl-C stops after
the step in hand and saves; a second one ends at once.

Examples:
  $ cstransformer train
  $ cstransformer train --seed 3 --no-temporal-position
  $ cstransformer train --steps 100 --name short
  $ cstransformer train --resume --name short
  $ cstransformer train --init vit.safetensors --dim 192 --heads 3 --stb 12`

/** The command. `done` gets the exit code. */
export const trainCommand = (argv: readonly string[], streams: Streams, done: (code: number) => void): Command => {
  const command = new Command('train').description('train a network on digits in motion')
  const run = (option: Option): Command => command.addOption(option.helpGroup('Run:'))
  run(new Option('--seed <n>', 'of the initial weights and of the clips').default(1).argParser(wholeNumber('--seed')))
  run(new Option('--name <name>', 'the folder of the run (default: by the flags and the seed)'))
  run(new Option('--runs <folder>', 'where the folders of all runs are').default('runs'))
  run(new Option('--resume', 'go on with a run that was stopped').conflicts('overwrite'))
  run(new Option('--overwrite', 'replace a run of the same name'))
  run(new Option('--engine <name>', `what computes: ${engineNames.join(', ')}`).default('auto'))
  run(new Option('--mode <mode>', `how --engine gpu computes: ${gpuModes.join(', ')} (default: webgpu, else webasm)`))
  const heldOut = new Option('--held-out <n>', 'clips of other digits that the result is measured with').default(1000)
  run(heldOut.argParser(wholeNumber('--held-out', 1)))
  run(new Option('--quiet', 'print nothing but errors'))
  addRecipeFlags(command, digitsRecipe)
  const init = new Option('--init <file>', "a pretrained ViT's safetensors file, by timm's or Hugging Face's names")
  command.addOption(init.conflicts('resume').helpGroup('Training:'))
  const alpha = new Option('--alpha <α>', 'what every α starts as').default(0).argParser(number('--alpha'))
  command.addOption(alpha.helpGroup('Training:'))
  return addConfigFlags(command, 'digits', ['channels', 'classes'])
    .addHelpText('after', examples)
    .action(async () => done(await trainAction(command, command.opts<TrainFlags>(), argv, streams)))
}

interface Prepared {
  readonly folder: string
  readonly name: string
  readonly checkpoint: Checkpoint
  readonly engine: Engine
  readonly pretrained?: Pretrained | undefined
}

/** Starts a run, or opens one to go on with. */
const prepare = async (command: Command, flags: TrainFlags, argv: readonly string[]): Promise<Prepared> => {
  if (flags.resume) {
    const name = flags.name ?? defaultName(command, flags)
    const folder = runFolder(flags.runs, name)
    const opened = openRun(folder)
    checkSameRun(command, flags, folder, opened)
    // Another engine may go on: what it computes is the same, to rounding.
    const by = flags.engine === 'auto' ? opened.settings : flags
    const engine = await openEngine(by.engine, by.mode)
    rewindMetrics(join(folder, FILES.metrics), opened.checkpoint.step)
    return { folder, name, checkpoint: opened.checkpoint, engine }
  }
  const { checkpoint, settings, pretrained } = newRun(command, flags)
  const { name } = settings
  const folder = runFolder(flags.runs, name)
  const engine = await openEngine(flags.engine, flags.mode)
  startRun(
    folder,
    {
      ...settings,
      engine: engine.name,
      ...(flags.mode === undefined ? {} : { mode: flags.mode }),
      command: ['cstransformer', ...argv].join(' '),
      versions: { cstransformer: version(), node: process.versions.node },
    },
    flags.overwrite ?? false,
  )
  saveCheckpoint(folder, checkpoint)
  return { folder, name, checkpoint, engine, pretrained }
}

/** How to go on with a run, as it was started. */
const howToGoOn = (name: string, runs: string): string => {
  const started = process.env['npm_lifecycle_event'] === 'start' ? 'npm start --' : 'cstransformer train'
  return `${started} --resume --name ${name}${runs === 'runs' ? '' : ` --runs ${runs}`}`
}

const trainAction = async (
  command: Command,
  flags: TrainFlags,
  argv: readonly string[],
  { out, err }: Streams,
): Promise<number> => {
  const { folder, name, checkpoint, engine, pretrained } = await prepare(command, flags, argv)
  const { config, recipe, seed, step: from } = checkpoint
  const say = (text: string): void => void (flags.quiet || out.write(`${text}\n`))
  const paint = paintFor(out)
  const progress = flags.quiet ? noProgress : progressOn(err, recipe.steps)
  const digits = ownDigits()
  const stop = listen(() => {
    progress.end()
    if (!flags.quiet) err.write('\nStopping after the step in hand; again to end at once.\n')
  })
  const run: Run = {
    folder,
    engine,
    checkpoint,
    batch: trainingBatch(config, recipe.batch, seed, digits),
    heldOut: clips => heldOutClips(config, clips, digits),
    progress,
    stopAsked: () => stop.asked() !== undefined,
  }
  try {
    say(header(paint, folder, checkpoint, engine))
    if (pretrained) say(`${pretrainedTable(flags.init!, pretrained)}\n`)
    const { step, state, seconds } = await trainRun(run)
    const many = run.heldOut(flags.heldOut)
    const result = run.stopAsked() ? undefined : await evaluateRun(run, state, many)
    progress.end()
    if (step > from) {
      const clips = (step - from) * recipe.batch
      say(`${grouped(step - from)} steps in ${clock(seconds)}, ${fixed(clips / seconds, 0)} clips/s`)
    }
    if (!result) {
      save(join(folder, FILES.curve), await learningCurve(readMetrics(join(folder, FILES.metrics)), name))
      say(`Stopped after step ${step} of ${recipe.steps}. To go on:\n  ${howToGoOn(name, flags.runs)}`)
      return exitCodeOf(stop.asked()!)
    }
    const { accuracy, clips, predictions, labels } = result
    appendMetrics(join(folder, FILES.metrics), { step, heldOut: accuracy, heldOutClips: clips, final: true })
    save(join(folder, FILES.curve), await learningCurve(readMetrics(join(folder, FILES.metrics)), name))
    save(join(folder, FILES.clips), contactSheet({ title: name, X: many.X, labels, predictions, classNames }))
    say(
      [
        '',
        `Held-out accuracy ${paint('bold', percent(accuracy))} on ${grouped(clips)} clips of digits it has never seen`,
        '',
        confusionTable(result.confusion, classNames, paint),
        '',
        `Pictures in ${folder}: ${FILES.curve}, ${FILES.clips}`,
        `Beside them: ${FILES.metrics}, ${FILES.config}, ${FILES.parameters}`,
      ].join('\n'),
    )
    return 0
  } finally {
    progress.end()
    stop.end()
    await engine.close()
  }
}

const header = (
  paint: Paint,
  folder: string,
  { config, recipe, seed, step, state }: Checkpoint,
  engine: Engine,
): string => {
  const parameters = leaves(state.parameters).reduce((sum, x) => sum + sizeOf(x.shape), 0)
  const lines = {
    network: `${describeNetwork(config)}, ${grouped(parameters)} parameters`,
    clips: describeClips(config),
    training: `${grouped(recipe.steps)} steps of ${recipe.batch} clips, ${recipe.optimizer.kind}, rate ${recipe.rate}, seed ${seed}`,
    engine: engine.description,
    run: step === 0 ? folder : `${folder}, from step ${step}`,
  }
  return [
    paint('bold', 'CSTransformer on digits in motion'),
    ...Object.entries(lines).map(([key, value]) => `  ${paint('gray', key.padEnd(8))}  ${value}`),
    '',
  ].join('\n')
}
