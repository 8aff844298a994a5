/** `cstransformer bench`: how fast a step and a forward pass are, beside other libraries, as ratios measured in one run. */
import { Command, Option } from 'commander'
import { UserError } from '../../tensor'
import { type Engine, type GpuMode, type RunFigures } from '../../engines'
import type { Config } from '../../paper'
import { checkStep } from '../../training/fits'
import { ours } from '../bench/ours'
import { testOf, TRAIN } from '../bench/test'
import { add, figures, tableOf } from '../bench/figures'
import { benchJoint } from '../bench/joint'
import { rest, saveFigures } from '../bench/measured'
import { type Contender, type What, WHAT } from '../bench/contender'
import { checkPeers, type Peers, startPeers } from '../bench/peers'
import { benchProducts } from '../bench/products'
import { addConfigFlags, configOf, givenConfigFlags, variantOf, wholeNumber } from '../flags/network'
import { attending, type AttentionFlag, attentionOption, describeEngine } from '../flags/attention'
import { DEAD_WORK, deadWorkOf, DEAD_WORK_HELP, type DeadWork } from '../flags/dead-work'
import { describeClips, describeNetwork } from '../../systems/describe'
import { namedModes, openEngine } from '../flags/engine'
import { checkWritable } from '../../disk'
import { fixed } from '../../format/text'

interface Flags extends Peers {
  readonly batch: number
  readonly rounds: number
  readonly runs: number
  readonly engine: string
  readonly mode?: GpuMode
  readonly products?: boolean
  readonly joint?: readonly number[]
  readonly what: What | 'both'
  readonly deadWork: DeadWork | 'both'
  readonly attention?: AttentionFlag
  readonly json?: string
}

/** Frames of clips, which tubelets of two divide. */
const evenFrames = (text: string): readonly number[] =>
  text.split(',').map(part => {
    const n = Number(part)
    if (!(n > 0) || n % 2 !== 0) throw new UserError(`--joint must be even numbers of frames, got '${text}'`)
    return n
  })

/** The command. `print` gets the text to show. */
export const benchCommand = (argv: readonly string[], print: (text: string) => void): Command => {
  const command = new Command('bench').description('time a training step and a forward pass, beside other libraries')
  const whole = (flag: string, text: string, standard: number): Option =>
    new Option(`${flag} <n>`, text).default(standard).argParser(wholeNumber(flag, 1))
  command
    .addOption(whole('--batch', 'clips of a step', 16))
    .addOption(whole('--rounds', 'how often each is asked in turn', 7))
    .addOption(whole('--runs', 'runs of each in a round', 3))
    .addOption(new Option('--what <what>', 'what to time').choices([...WHAT, 'both']).default('both'))
    .addOption(
      new Option('--dead-work <how>', `${DEAD_WORK_HELP}, or both`).choices([...DEAD_WORK, 'both']).default('both'),
    )
    .addOption(attentionOption())
    .addOption(new Option('--engine <names>', 'what computes; several, with commas between them').default('auto'))
    .addOption(new Option('--mode <mode>', `how --engine gpu computes: ${namedModes.join(', ')}`))
    .addOption(
      new Option(
        '--joint <frames>',
        "time ViViT's joint attention with CSSA for clips of so many frames, several with commas between them, with attention fused beside plain, and nothing else",
      ).argParser(evenFrames),
    )
    .addOption(new Option('--products', 'time matrix products of 256³ to 2048³, and nothing else'))
    .addOption(new Option('--python <program>', 'a Python with PyTorch to compare with (in a clone of the repository)'))
    .addOption(new Option('--pytorch-export', "time ONNX Runtime on PyTorch's own export of the forward pass, too"))
    .addOption(new Option('--tfjs', 'compare with TensorFlow.js on WebAssembly (see spec/bench/README.md)'))
    .addOption(new Option('--jaxjs', 'compare with jax-js on WebAssembly (see spec/bench/README.md)'))
    .addOption(new Option('--json <file>', 'where to write the figures'))
  return addConfigFlags(command, 'tiny', []).action(async () => {
    const flags = command.opts<Flags>()
    if (flags.products) {
      const [stray] = givenConfigFlags(command)
      if (stray) throw new UserError(`--products times matrix products alone: ${stray.flag} must be left out`)
      return benchProducts(flags, argv, print)
    }
    if (flags.joint) return benchJoint(configOf(command), { ...flags, joint: flags.joint }, argv, print)
    const config = configOf(command)
    checkStep(config, { batch: flags.batch, optimizer: { kind: 'SGD', ...TRAIN } })
    const title = `${variantOf(command)}: ${describeNetwork(config)}, ${describeClips(config)}, ${flags.batch} clips`
    await compare(title, config, flags, argv, print)
    return undefined
  })
}

const compare = async (
  title: string,
  config: Config,
  { batch: B, rounds, runs, engine: names, mode, json, ...flags }: Flags,
  argv: readonly string[],
  print: (text: string) => void,
): Promise<void> => {
  checkPeers(flags)
  if (json !== undefined) checkWritable(json)
  const what = flags.what === 'both' ? WHAT : [flags.what]
  const test = { ...testOf(config, B), what }
  const [engines, own, others]: [Engine[], Contender[], Contender[]] = [[], [], []]
  try {
    for (const name of names.split(',')) {
      const opened = await openEngine(name, name === 'gpu' || !names.includes(',') ? mode : undefined)
      engines.push(attending(opened, flags.attention))
    }
    others.push(...(await startPeers(test, flags)))
    print(title)
    for (const engine of engines) {
      print(describeEngine(engine, config))
      for (const how of flags.deadWork === 'both' ? DEAD_WORK : [flags.deadWork])
        own.push(await ours(engine, test, deadWorkOf(how), print))
    }
    for (const { name, blas } of others) if (blas) print(`${name}: ${blas.name}`)
    const contenders = [...own, ...others]
    const results = contenders.map(({ name, blas }) => ({ name, ...(blas && { blas: blas.name }), ...figures() })) // prettier-ignore
    for (const w of what) {
      const able = contenders.flatMap((c, i) => (c.what.includes(w) ? [{ c, result: results[i]! }] : []))
      const ask = async (count: number, when: 'warm' | 'timed'): Promise<void> => {
        for (const { c, result } of able) {
          await rest()
          const made = await c.run(w, count)
          add(result, w, made, when)
        }
      }
      await ask(3, 'warm')
      for (let round = 0; round < rounds; round++) await ask(runs, 'timed')
      const made = able.map(({ result }) => result)
      print(`\n${tableOf(w, w, made)}`)
      for (const { name, [w]: figure } of made) if (figure.gpu) print(`${name}: ${dispatchesText(figure.gpu)}`)
    }
    saveFigures(json, argv, { config, batch: B, rounds, runs, results })
  } finally {
    await Promise.all([...own, ...others].map(c => c.close()))
    await Promise.all(engines.map(engine => engine.close()))
  }
}

const dispatchesText = (f: RunFigures): string => {
  const [read, written, arena] = [f.bytesRead, f.bytesWritten, f.arenaBytes].map(n => fixed(n / 2 ** 20, 1))
  return `${f.dispatches} dispatches in ${f.submissions} submission, ${read!} MiB read, ${written!} MiB written, an arena of ${arena!} MiB, ${fixed(f.hostMs, 1)} ms on the host, the least of all runs`
}
