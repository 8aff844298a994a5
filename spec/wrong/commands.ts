/** Wrong command lines, made of the commands' own definitions: every flag that `--help` shows with values that are none. */
import type { Command, Option } from 'commander'
import { programOf } from '../../lib/cli/program'

/** Command lines that are right and quick; a flag that comes after them counts. Names are those of files that `setting` makes. */
const network = '--frames 2 --patch 8 --dim 4 --heads 2 --stb 1 --ttb 2'
const right: Readonly<Record<string, string>> = {
  train: `train ${network} --batch 2 --steps 1 --held-out 8 --engine ndarray --quiet --name a`,
  'train on videos': `train --variant small --data videos --engine ndarray --steps 1 --batch 1 --quiet --name a`,
  videos: 'videos --data videos --workers 1 --quiet',
  evaluate: 'evaluate --data videos --checkpoint network --engine ndarray --workers 1 --quiet',
  predict: 'predict videos/a/1.png --checkpoint network --engine ndarray --workers 1',
  attention: 'attention videos/a/1.png --checkpoint network --engine ndarray --workers 1',
  ablate: `ablate ${network} --seeds 1 --steps 1 --held-out 8 --engine ndarray --quiet --pool mean`,
  flops: `flops ${network} --variant digits`,
  export: `export ${network} --onnx made.onnx --variant digits`,
  kernels: 'kernels --equation 8 --mode cpu',
  bench: `bench ${network} --batch 2 --rounds 1 --runs 1 --what forward --dead-work keep --engine ndarray`,
}

/** What may be written where a number, a word, a name or a path is meant. */
const numbers = ['NaN', 'Infinity', '1e999', '-1', '0', '-0', '0.5', '1e9', '1e15', '1e20', '9007199254740993', '0x10', '1,2', '0,0,0', '[1]', '١'] // prettier-ignore
const words = [
  '',
  ' ',
  'x',
  'null',
  '__proto__',
  'constructor',
  'toString',
  '--',
  '-',
  '=',
  ',',
  '{}',
  'V9',
  '../x',
  'a,b',
]
const hostile = ['a\nb', '\u001b[31mred', '\u202eabc', '\u009b2J', '\0', 'z'.repeat(5000), '\ud800', '$(x)', '\'"`<&>']
// Nothing that could be written to, were it taken, lies outside of the folder that a command line is tried in.
const paths = ['.', '/proc', 'videos', 'empty', 'bytes', 'empty/x', '/dev/full', '/dev/null', '/dev/zero', '/proc/none/x', 'fifo', 'link', 'network', 'text', 'z'.repeat(300)] // prettier-ignore
export const values: readonly string[] = [...numbers, ...words, ...hostile, ...paths]

/** The flags of a command as `--help` shows them. */
const optionsOf = (name: string): readonly Option[] => {
  const streams = { out: process.stdout, err: process.stderr }
  const program: Command = programOf([], streams, () => undefined)
  return program.commands.find(command => command.name() === name)!.options
}

/** Command lines that can hardly be meant, each a list of words. What one of them does all the same must be right. */
export const wrongCommands = (): string[][] => {
  const lines: string[][] = [[''], ['x'], ['--x'], ['-'], ['__proto__'], ['constructor'], ['a\nb'], ['train', 'train']]
  for (const text of Object.values(right)) {
    const words = text.split(' ')
    const options = optionsOf(words[0]!)
    const all = options.map(option => option.long!)
    for (const { long, required, negate } of options as readonly (Option & { long: string })[]) {
      lines.push([...words, `${long}x`], [...words, long.slice(0, -1)], [...words, long.slice(1)])
      if (required) {
        lines.push([...words, long])
        for (const value of values) lines.push([...words, long, value])
        lines.push([...words, `${long}=`], [...words, `${long}=x`, `${long}=y`])
      } else lines.push([...words, `${long}=x`], [...words, long, 'x'], [...words, long, long])
      // Beside every other flag that takes no value: some contradict.
      if (!negate) for (const other of options) if (!other.required) lines.push([...words, long, ...(required ? ['1'] : []), other.long!]) // prettier-ignore
    }
    // Without one of its own flags, and with things that it does not take.
    all.filter(flag => words.includes(flag)).forEach(flag => lines.push(words.filter(word => word !== flag)))
    for (const value of hostile) lines.push([...words, value], [words[0]!, value], [words[0]!, `--${value}`])
    lines.push([words[0]!, ...words], words.slice(0, 2), [...words, ...words], [...words.slice(1), words[0]!])
  }
  return lines
}

/** The command alone, for a list by command. */
export const commandNames: readonly string[] = Object.keys(right)
