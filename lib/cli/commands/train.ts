/** `cstransformer train`: trains a network on digits in motion, or on videos. */
import { Command, Option } from 'commander'
import { join } from 'node:path'
import { tame, UserError } from '../../tensor'
import { gpuModes } from '../../engines'
import { digitsRecipe, videoRecipe } from '../../training'
import { addConfigFlags, number, wholeNumber } from '../flags/network'
import { applyConfigFile } from '../flags/config-file'
import { confusionTable, MAX_TABLE_CLASSES } from '../terminal/confusion-table'
import { attentionOption } from '../flags/attention'
import { deadWorkOf, deadWorkOption } from '../flags/dead-work'
import { engineNames, passedOver } from '../flags/engine'
import { memoryOption } from '../flags/memory'
import { save } from '../../disk'
import { learningCurve } from '../pictures/learning-curve'
import { INTERIM_CLIPS } from '../../training/accuracy'
import { appendMetrics, readMetrics } from '../../training/metrics'
import { pretrainedTable } from '../terminal/pretrained-table'
import { noProgress, progressOn } from '../terminal/progress'
import { addRecipeFlags } from '../flags/recipe'
import { dryRun } from '../run/dry-run'
import { FILES } from '../run/folder'
import { runHeader } from '../run/header'
import { exitCodeOf, listen } from '../terminal/signals'
import type { Streams } from '../terminal/streams'
import { columnsOf, paintFor } from '../terminal/terminal'
import { clock, counted, fixed, grouped, percent, wrapped } from '../../format/text'
import { prepare } from '../run/prepare'
import { howToGoOn } from '../run/go-on'
import type { TrainFlags } from '../flags/train'
import { evaluateRun, heldOutOf, keepBest, type Run, trainRun } from '../run/training'
import { addWeightsFlags } from '../run/video-network'
import { addVideoFlags } from '../flags/videos'

const examples = `
A run is made by its flags and its seed alone: the same ones give the same parameters, bit for bit. Ctrl-C stops after
the step in hand and saves; a second one ends at once. With --data the recipe is the paper's and the network V2 unless flags
or a file of them (--config, JSON: {"variant": "small", "rate": 0.01, "cssa": false}) say otherwise.

Examples:
  $ cstransformer train
  $ cstransformer train --seed 3 --no-temporal-position
  $ cstransformer train --steps 100 --name short
  $ cstransformer train --resume --name short
  $ cstransformer train --data videos --dry-run
  $ cstransformer train --data videos --memory 8GB
  $ cstransformer train --init vit.safetensors --dim 192 --heads 3 --stb 12
  $ cstransformer train --data videos --variant small --name mine
  $ cstransformer train --data kinetics.csv --split train --validation-split validate --init vit.safetensors
  $ cstransformer train --data videos --system timesformer --weights timesformer-base-finetuned-k400 --freeze patch`

/** The command. `done` gets the exit code. */
export const trainCommand = (argv: readonly string[], streams: Streams, done: (code: number) => void): Command => {
  const command = new Command('train').description('train a network on digits in motion, or on videos')
  const run = (option: Option): Command => command.addOption(option.helpGroup('Run:'))
  run(new Option('--seed <n>', 'of the initial weights and of the clips').default(1).argParser(wholeNumber('--seed')))
  run(new Option('--name <name>', 'the folder of the run (default: by the flags and the seed)'))
  run(new Option('--runs <folder>', 'where the folders of all runs are').default('runs'))
  run(new Option('--resume', 'go on with a run that was stopped').conflicts('overwrite'))
  run(new Option('--overwrite', 'replace a run of the same name'))
  run(new Option('--engine <name>', `what computes: ${engineNames.join(', ')}`).default('auto'))
  run(new Option('--mode <mode>', `how --engine gpu computes: ${gpuModes.join(', ')} (default: webgpu, else webasm)`))
  run(deadWorkOption())
  run(attentionOption())
  const heldOut = new Option('--held-out <n>', 'clips of other digits that the result is measured with').default(1000)
  run(heldOut.argParser(wholeNumber('--held-out', 1)))
  run(
    new Option(
      '--every <n>',
      'steps between checkpoints and measurements (default: 50; with --data an epoch, of 50 to 1000 steps)',
    ).argParser(wholeNumber('--every', 1)),
  )
  run(memoryOption())
  run(new Option('--dry-run', 'only tell what it would do: stages, memory, parts, disk').conflicts('resume'))
  run(new Option('--json', 'with --dry-run: as JSON, in bytes and single operations'))
  run(new Option('--quiet', 'print nothing but errors'))
  run(new Option('--verbose', 'say, too, why --engine auto passed engines over, and what a GPU refuses'))
  run(new Option('--config <file>', 'a JSON file with flags by their names; those given here count'))
  addVideoFlags(command)
  addRecipeFlags(command, digitsRecipe, videoRecipe(1))
  const epochs = new Option('--epochs <n>', 'passes over all videos (default: 18)').conflicts('steps')
  command.addOption(epochs.argParser(wholeNumber('--epochs', 1)).helpGroup('Training:'))
  const init = new Option(
    '--init <file>',
    "a checkpoint of another run, or a pretrained ViT's safetensors file by timm's or Hugging Face's names",
  )
  command.addOption(init.conflicts('resume').helpGroup('Training:'))
  addWeightsFlags(command, ['init', 'resume'])
  const alpha = new Option('--alpha <α>', 'what every α starts as').default(0).argParser(number('--alpha'))
  command.addOption(alpha.helpGroup('Training:'))
  return addConfigFlags(command, 'digits', ['classes'], 'digits, tiny; with --data V2, V1, V3, small and these')
    .addHelpText('after', examples)
    .action(async () => {
      const { config } = command.opts<TrainFlags>()
      if (config !== undefined) applyConfigFile(command, config)
      const { data } = command.opts<TrainFlags>()
      if (data !== undefined && command.getOptionValueSource('variant') === 'default')
        command.setOptionValueWithSource('variant', 'V2', 'default')
      const flags = command.opts<TrainFlags>()
      if (flags.json && !flags.dryRun) throw new UserError('--json is of --dry-run, which is not given')
      if (flags.dryRun) return void streams.out.write(`${await dryRun(command, flags)}\n`)
      done(await trainAction(command, command.opts<TrainFlags>(), argv, streams))
    })
}

const trainAction = async (
  command: Command,
  flags: TrainFlags,
  argv: readonly string[],
  { out, err }: Streams,
): Promise<number> => {
  const {
    folder,
    name,
    lock,
    opened,
    task: makeTask,
    pretrained,
    remarks,
    memory,
  } = await prepare(command, flags, argv)
  const { engine, checkpoint } = opened
  const { recipe, step: from } = checkpoint
  const say = (text: string): void => void (flags.quiet || out.write(`${text}\n`))
  const paint = paintFor(out)
  const progress = flags.quiet ? noProgress : progressOn(err, recipe.steps)
  const task = makeTask(text => {
    progress.end()
    if (!flags.quiet) err.write(`${text}\n`)
  })
  const stop = listen(() => {
    progress.end()
    if (!flags.quiet) err.write('\nStopping after the step in hand; again to end at once.\n')
  })
  const run: Run = {
    ...opened,
    folder,
    task,
    deadWork: deadWorkOf(flags.deadWork),
    progress,
    stopAsked: () => {
      lock.beat() // asked at every step, and between clips that are measured
      return stop.asked() !== undefined
    },
  }
  const metrics = join(folder, FILES.metrics)
  const saveCurve = async (): Promise<void> =>
    save(join(folder, FILES.curve), await learningCurve(readMetrics(metrics), name, checkpoint.clips === undefined))
  try {
    say(runHeader(paint, folder, run, remarks, columnsOf(out), memory))
    if (flags.verbose) for (const why of passedOver(run.engine)) say(why)
    if (pretrained) say(`${pretrainedTable(flags.init ?? flags.weights!, pretrained)}\n`)
    const { step, state, seconds, patience } = await trainRun(run)
    const result = run.stopAsked() ? undefined : await evaluateRun(run, state)
    progress.end()
    if (patience !== undefined)
      say(
        `Ended after step ${step}: ${counted(patience, 'measurement was', 'measurements in a row were')} no better than the best`,
      )
    if (step > from) {
      const clips = (step - from) * recipe.batch
      say(`${grouped(step - from)} steps in ${clock(seconds)}, ${fixed(clips / seconds, 0)} clips/s`)
    }
    if (!result) {
      await saveCurve()
      say(`Stopped after step ${step} of ${recipe.steps}. To go on:\n  ${howToGoOn(command, name, flags.runs)}`)
      return exitCodeOf(stop.asked()!)
    }
    const { accuracy, clips, predictions, labels } = result
    // The points of the curve are of the first ones.
    const few =
      labels.slice(0, INTERIM_CLIPS).filter((label, i) => predictions[i] === label).length /
      Math.min(INTERIM_CLIPS, clips)
    keepBest(run, step, state, few)
    appendMetrics(metrics, { step, ...heldOutOf(result), final: true })
    await saveCurve()
    const pictures = Object.entries(task.pictures(result))
    for (const [file, content] of pictures) save(join(folder, file), content)
    say(
      [
        '',
        `Held-out accuracy ${paint('bold', percent(accuracy))} on ${grouped(clips)} ${task.heldOut}`,
        '',
        ...(task.classNames.length > MAX_TABLE_CLASSES
          ? []
          : [confusionTable(result.confusion, task.classNames, paint, columnsOf(out)), '']),
        ...task.remarks(),
        ...wrapped(
          `Pictures in ${tame(folder)}: ${[FILES.curve, ...pictures.map(([file]) => file)].join(', ')}`,
          columnsOf(out),
        ),
        ...wrapped(
          `Beside them: ${FILES.metrics}, ${FILES.config}, ${FILES.parameters}, ${FILES.best}`,
          columnsOf(out),
        ),
      ].join('\n'),
    )
    return 0
  } finally {
    progress.end()
    stop.end()
    await task.close()
    await engine.close()
    lock.release()
  }
}
