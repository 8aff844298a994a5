/** `cstransformer ablate`: the paper's ablations in small. */
import { type Command, Command as Program, Option } from 'commander'
import { tame, UserError } from '../../tensor'
import { gpuModes } from '../../engines'
import { checkClips, checkStep } from '../../training/fits'
import { MOST_THREADS } from '../../engines/onnx/engine'
import { MAX_PAIRS } from '../../ablation'
import { ablationProgressOn, noAblationProgress } from '../terminal/ablation-progress'
import { doRuns, jobsOf, nameOf, readRuns, type Result } from '../../ablation/runs'
import { type Ablation, everything, own, sized } from '../../ablation/tables'
import { systemsAblation } from '../../ablation/systems'
import { type Known, machine, PAGE, reportOf, writeReport } from '../../ablation/write'
import { checkDigits, packagedDigits } from '../run/clips'
import { addConfigFlags, configOf, givenConfigFlags, number, variantOf, wholeNumber } from '../flags/network'
import { engineNames, openEngine } from '../flags/engine'
import { statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { checkWritable, named } from '../../disk'
import { makeFolder } from '../../folders'
import { attempt } from '../../refusals'
import { exitCodeOf, listen } from '../terminal/signals'
import type { Streams } from '../terminal/streams'
import { spreadOf } from '../../ablation/picture'
import type { Report } from '../../ablation/report'
import { commandLine, counted, grouped, table } from '../../format/text'
import { columnsOf } from '../terminal/terminal'

interface AblateFlags {
  readonly systems?: true
  readonly quick?: true
  readonly only?: string
  readonly seeds?: number
  readonly steps?: number
  readonly heldOut: number
  readonly folder: string
  readonly report?: string
  readonly reportOnly?: true
  readonly alpha?: number
  readonly beta?: number
  readonly engine: string
  readonly mode?: string
  readonly threads: number
  readonly quiet?: true
}

/** What --quick says where no flag does: enough steps to see what P_t does. */
const QUICK = { seeds: 2, steps: 200, only: ['2b', '1b'] } as const

const help = `
Every run is done once: what is done is skipped, what was half-written is done again, and Ctrl-C loses nothing but the run in
hand. Started several times, with the same folder, the processes share the runs: start as many as there are cores.

A flag of the network, --alpha or --beta makes a comparison of its own: the network as it stands and with all of these
flags, in pairs, with a test.

Examples:
  $ cstransformer ablate --quick
  $ cstransformer ablate --only 2b,1b --seeds 3
  $ cstransformer ablate & cstransformer ablate; wait
  $ cstransformer ablate --pool mean --seeds 10
  $ cstransformer ablate --systems --only motion --seeds 3`

/** The command. `done` gets the exit code. */
export const ablateCommand = (argv: readonly string[], streams: Streams, done: (code: number) => void): Command => {
  const command = new Program('ablate').description("compare networks: the paper's ablations on digits in motion")
  const add = (option: Option): Command => command.addOption(option.helpGroup('Ablation:'))
  add(
    new Option(
      '--quick',
      `a first look: tables ${QUICK.only.join(' and ')}, ${QUICK.seeds} seeds, ${QUICK.steps} steps`,
    ),
  )
  add(new Option('--systems', 'Table 3 in small: the four systems at one size, each with and without CSSA and FAM'))
  add(new Option('--only <tables>', 'some tables, by their names with commas between them'))
  add(new Option('--seeds <n>', `seeds of every row, ${MAX_PAIRS} at most`).argParser(wholeNumber('--seeds', 1)))
  add(new Option('--steps <n>', 'training steps of every run').argParser(wholeNumber('--steps', 1)))
  add(new Option('--alpha <α>', 'what every α starts as').argParser(number('--alpha')))
  add(new Option('--beta <β>', 'what every β starts as').argParser(number('--beta')))
  const heldOut = new Option('--held-out <n>', 'clips that every run is measured with').default(1000)
  add(heldOut.argParser(wholeNumber('--held-out', 1)))
  add(new Option('--folder <folder>', 'where runs are, to be shared by several processes').default('runs/ablations'))
  add(new Option('--report <folder>', 'where the report is written (default: the folder of the runs)'))
  add(new Option('--report-only', 'do no run, and report those that are done'))
  add(new Option('--engine <name>', `what computes: ${engineNames.join(', ')}`).default('auto'))
  add(new Option('--mode <mode>', `how --engine gpu computes: ${gpuModes.join(', ')} (default: webgpu, else webasm)`))
  const threads = new Option('--threads <n>', 'threads of the engine onnx in this process').default(1)
  add(threads.argParser(wholeNumber('--threads', 1, MOST_THREADS)))
  add(new Option('--quiet', 'print nothing but errors'))
  return addConfigFlags(command, 'digits', ['channels', 'classes'])
    .addHelpText('after', help)
    .action(async () => done(await ablateAction(command, command.opts<AblateFlags>(), argv, streams)))
}

/** What is asked for: tables of the paper's shape, or a comparison that the flags make. */
const ablationOf = (command: Command, flags: AblateFlags): Ablation => {
  const { quick, only, seeds, alpha, beta } = flags
  if (seeds !== undefined && seeds > MAX_PAIRS)
    throw new UserError(`--seeds must be at most ${MAX_PAIRS}, got ${seeds}`)
  if (variantOf(command) !== 'digits')
    throw new UserError(`--variant must be digits, whose sizes the flags change, got '${variantOf(command)}'`)
  const given = givenConfigFlags(command)
  const flagTexts = [
    ...given.map(({ flag, value }) => (typeof value === 'boolean' ? flag : `${flag} ${value}`)),
    ...(alpha === undefined ? [] : [`--alpha ${alpha}`]),
    ...(beta === undefined ? [] : [`--beta ${beta}`]),
  ]
  const sizes = {
    ...(quick ? { seeds: QUICK.seeds } : {}),
    ...(seeds === undefined ? {} : { seeds }),
    ...stepsOf(flags),
  }
  const chosen = only?.split(',') ?? (quick ? QUICK.only : undefined)
  if (flags.systems) {
    const stray = flagTexts[0] ?? (quick ? '--quick' : undefined)
    if (stray !== undefined) throw new UserError(`${stray} must be left out with --systems, which are of one size`)
    return sized(systemsAblation, { ...sizes, ...(chosen ? { only: chosen } : {}) })
  }
  if (flagTexts.length === 0) return sized(everything, { ...sizes, ...(chosen ? { only: chosen } : {}) })
  if (only !== undefined)
    throw new UserError(`--only chooses tables of the paper, but ${flagTexts.join(' ')} makes a comparison of its own`)
  checkDigits('digits', configOf(command))
  const config = Object.fromEntries(given.map(({ key, value }) => [key, value]))
  const change = { config, ...(alpha === undefined ? {} : { alpha }), ...(beta === undefined ? {} : { beta }) }
  return sized({ tables: [], study: [own(flagTexts.join(' '), change)], confirmation: [] }, sizes)
}

/** Steps that hold for every run. */
const stepsOf = ({ quick, steps }: AblateFlags): { readonly steps?: number } =>
  steps !== undefined ? { steps } : quick ? { steps: QUICK.steps } : {}

/** The tables of a report for a terminal. */
const terminalTables = ({ tables, study, confirmation }: Report, columns: number): string =>
  [...tables, ...study, ...confirmation]
    .map(({ title, seeds, rows }) => {
      const steps = Math.max(0, ...rows.flatMap(row => row.results.map(({ curve }) => curve.at(-1)?.step ?? 0)))
      const cells = rows.map(row => [row.label, spreadOf(row)])
      return `\n${title}\n${table(['', `accuracy after ${grouped(steps)} steps, ${counted(seeds, 'seed', 'seeds')}`], cells, 1, columns)}`
    })
    .join('\n')

/** Checks that a report can be written, before the hours of its runs. */
const checkReport = (folder: string): void => {
  const there = attempt(folder, 'made', () => statSync(folder, { throwIfNoEntry: false }))
  if (there) checkWritable(join(folder, PAGE))
  else checkReport(dirname(resolve(folder)))
}

const ablateAction = async (
  command: Command,
  flags: AblateFlags,
  argv: readonly string[],
  { out, err }: Streams,
): Promise<number> => {
  const { folder, heldOut, mode, threads } = flags
  named(folder)
  if (flags.report !== undefined) named(flags.report)
  const ablation = ablationOf(command, flags)
  const jobs = jobsOf(ablation, heldOut)
  for (const { config, recipe } of new Set(jobs.map(({ experiment }) => experiment))) {
    checkStep(config, recipe)
    checkClips(config, heldOut, 'held-out clips')
  }
  const progress = flags.quiet || flags.reportOnly ? noAblationProgress : ablationProgressOn(err, jobs)
  const say = (stream: NodeJS.WritableStream, text: string): void => {
    progress.end()
    if (!flags.quiet) stream.write(`${text}\n`)
  }
  const onHalfWritten = (path: string, why: string): void =>
    say(err, `${tame(`${path}: half-written (${why})`)}: ${flags.reportOnly ? 'left out' : 'doing it again'}`)
  const report = async (results: ReadonlyMap<string, Result>): Promise<number> => {
    const done = jobs.flatMap(job => {
      const result = results.get(nameOf(job))
      return result ? [[nameOf(job), result] as const] : []
    })
    const known: Known = {
      ablation,
      results: new Map(done),
      // As it makes all of it from nothing.
      command: commandLine(['cstransformer', ...argv.filter(word => word !== '--report-only')]),
      machine: machine(),
      engine: [...new Set(done.map(([, { engine }]) => engine))].join('; '),
      heldOut,
      missing: jobs.length - done.length,
      ...stepsOf(flags),
    }
    const made = reportOf(known)
    say(out, `${terminalTables(made, columnsOf(out))}\n`)
    const page = await writeReport(made, known.results, flags.report ?? folder, folder)
    say(out, `Report: ${tame(page)}`)
    return 0
  }
  if (flags.reportOnly) return report(readRuns(jobs, { folder, onHalfWritten }).results)

  if (flags.report !== undefined) checkReport(flags.report)
  // Tried once, so that what cannot run says so before anything else.
  const first = await openEngine(flags.engine, mode, threads)
  await first.close()
  const stop = listen(() => say(err, '\nStopping after the step in hand; again to end at once.'))
  try {
    makeFolder(folder)
    say(out, `${grouped(jobs.length)} runs in ${tame(folder)}, by ${first.description}`)
    const results = await doRuns(jobs, {
      folder,
      digits: packagedDigits(),
      openEngine: () => openEngine(first.name, mode, threads),
      stopAsked: () => stop.asked() !== undefined,
      onChange: progress.show,
      onHalfWritten,
    })
    progress.end()
    const asked = stop.asked()
    if (!asked) return await report(results)
    say(out, `Stopped with ${results.size} of ${jobs.length} runs done. The same command goes on.`)
    return exitCodeOf(asked)
  } finally {
    progress.end()
    stop.end()
  }
}
