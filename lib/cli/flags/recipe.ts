/** The flags that change how a network is trained. */
import { type Command, Option } from 'commander'
import { UserError } from '../../tensor'
import { checkRecipe, paperRecipe, type Recipe } from '../../training'
import { number, numbers } from './network'
import { isGiven } from './given'

type Value = number | string | boolean | readonly number[] | readonly string[]

interface RecipeFlag {
  readonly flag: string
  readonly text: string
  /** What reads it, where it is no number. */
  readonly read?: (text: string) => Value
  readonly get: (recipe: Recipe) => Value | undefined
  readonly set: (recipe: Recipe, value: never) => Recipe
  /** What it is of, where not every recipe has it; given by itself, it chooses that. */
  readonly of?: Choice
}
/** An optimizer, or a schedule, in the words of its flag. */
type Choice = readonly ['optimizer', 'SGD' | 'AdamW'] | readonly ['schedule', 'steps' | 'cosine']

const { optimizer, drops, factor } = paperRecipe

/** One of some words, whatever its case. */
const word =
  (flag: string, words: readonly string[]) =>
  (text: string): string => {
    const found = words.find(w => w.toLowerCase() === text.toLowerCase())
    if (found === undefined) throw new UserError(`${flag} must be ${words.join(' or ')}, got '${text}'`)
    return found
  }
const epochs = (text: string): readonly number[] => {
  const found = text === '' ? [] : text.split(',').map(Number)
  if (found.every(n => Number.isInteger(n) && n >= 1)) return found
  throw new UserError(`--drops must be epochs with commas between, got '${text}'`)
}
const stepsOf = ({ schedule, steps }: Recipe) =>
  schedule.kind === 'steps' ? schedule : ({ kind: 'steps', drops, factor, stepsPerEpoch: steps } as const)

/** The flag of a number that a recipe may lack. */
const optional = (
  flag: string,
  key: 'smoothing' | 'mixup' | 'dropPath' | 'ema' | 'layerDecay' | 'patience' | 'parts',
  text: string,
): RecipeFlag => ({ flag, text, get: r => r[key], set: (r, value: number) => ({ ...r, [key]: value }) })

const flags: readonly RecipeFlag[] = [
  { flag: '--steps <n>', text: 'training steps', get: r => r.steps, set: (r, steps) => ({ ...r, steps }) },
  { flag: '--batch <n>', text: 'clips in a step', get: r => r.batch, set: (r, batch) => ({ ...r, batch }) },
  { flag: '--rate <η>', text: 'learning rate', get: r => r.rate, set: (r, rate) => ({ ...r, rate }) },
  {
    flag: '--schedule <kind>',
    text: "how the rate changes: in 'steps', or 'cosine' after a warm-up",
    read: word('--schedule', ['steps', 'cosine']),
    get: ({ schedule }) => (schedule.kind === 'steps' ? 'steps' : 'cosine'),
    set: (r, kind: string) => ({ ...r, schedule: kind === 'steps' ? stepsOf(r) : cosineOf(r) }),
  },
  {
    flag: '--drops <epochs>',
    of: ['schedule', 'steps'],
    text: 'epochs from which on the rate is lower, counted from 1, of steps',
    read: epochs,
    get: ({ schedule }) => (schedule.kind === 'steps' ? schedule.drops : undefined),
    set: (r, given: readonly number[]) => ({ ...r, schedule: { ...stepsOf(r), drops: given } }),
  },
  {
    flag: '--factor <f>',
    of: ['schedule', 'steps'],
    text: 'what the rate is then multiplied by',
    get: ({ schedule }) => (schedule.kind === 'steps' ? schedule.factor : undefined),
    set: (r, given: number) => ({ ...r, schedule: { ...stepsOf(r), factor: given } }),
  },
  {
    flag: '--warmup <n>',
    text: 'steps in which the rate rises',
    get: ({ schedule }) => schedule.warmup,
    set: (r, warmup: number) => ({ ...r, schedule: { ...r.schedule, warmup } }),
  },
  {
    flag: '--optimizer <name>',
    text: 'SGD or AdamW',
    read: word('--optimizer', ['SGD', 'AdamW']),
    get: r => r.optimizer.kind,
    set: (r, kind: string) => ({ ...r, optimizer: optimizerOf(kind, r) }),
  },
  {
    flag: '--momentum <μ>',
    of: ['optimizer', 'SGD'],
    text: 'of SGD',
    get: r => (r.optimizer.kind === 'SGD' ? r.optimizer.momentum : undefined),
    set: (r, momentum: number) => ({ ...r, optimizer: { kind: 'SGD', decay: r.optimizer.decay, momentum } }),
  },
  {
    flag: '--decay <λ>',
    text: 'weight decay',
    get: r => r.optimizer.decay,
    set: (r, decay) => ({ ...r, optimizer: { ...r.optimizer, decay } }),
  },
  { flag: '--clip <norm>', text: "limit of the gradient's norm", get: r => r.clip, set: (r, clip) => ({ ...r, clip }) },
  {
    flag: '--sigma <σ>',
    text: 'deviation of the initial weights',
    get: r => r.sigma,
    set: (r, sigma) => ({ ...r, sigma }),
  },
  optional('--smoothing <ε>', 'smoothing', "of labels: how much of a clip's target all classes share"),
  {
    flag: '--class-weights <w,…>',
    text: 'how much clips of each class count, with commas between',
    read: numbers('--class-weights', 'numbers above 0 with commas between', all => all.every(w => w > 0)),
    get: r => r.classWeights,
    set: (r, classWeights: readonly number[]) => ({ ...r, classWeights }),
  },
  optional('--mixup <α>', 'mixup', 'clips mixed in pairs, by Beta(α, α)'),
  optional('--drop-path <p>', 'dropPath', "how often the last block's branches are left out, linearly less before it"),
  optional('--ema <d>', 'ema', 'a moving average of the weights is used: d of it and 1 − d of the last ones'),
  optional('--layer-decay <γ>', 'layerDecay', "each layer's rate beside that of the one above it"),
  {
    flag: '--freeze <patterns>',
    text: 'parameters that stay as they are: spatial, STB.0-8, any patterns of paths with commas between',
    read: text => text.split(','),
    get: r => r.freeze,
    set: (r, freeze: readonly string[]) => ({ ...r, freeze }),
  },
  optional('--patience <n>', 'patience', 'measurements in a row without a better one after which training ends'),
  optional('--accumulate <n>', 'parts', 'parts in which a step is computed one after another, for less memory'),
  {
    flag: '--rematerialise',
    text: 'compute the insides of blocks again in the backward pass: less memory, and about a fifth more work',
    get: r => r.rematerialise,
    set: (r, rematerialise: boolean) => ({ ...r, rematerialise }),
  },
]

const cosineOf = ({ schedule }: Recipe): Recipe['schedule'] =>
  schedule.kind === 'steps' ? { kind: 'warm-up and cosine', warmup: 0 } : schedule
const optimizerOf = (kind: string, { optimizer: before }: Recipe): Recipe['optimizer'] =>
  kind === before.kind
    ? before
    : kind === 'SGD'
      ? { kind: 'SGD', momentum: optimizer.momentum, decay: before.decay }
      : { kind: 'AdamW', decay: before.decay }

const shown = (value: Value | undefined): string =>
  value === undefined ? 'none' : typeof value === 'object' ? value.join(',') : `${value}`

const optionOf = ({ flag, text, read, get }: RecipeFlag, standards: readonly Recipe[]): Option => {
  const defaults = [...new Set(standards.map(standard => shown(get(standard))))]
  const isSwitch = new Option(flag).isBoolean()
  const option = new Option(flag, isSwitch ? text : `${text} (default: ${defaults.join('; with --data ')})`).helpGroup(
    'Training:',
  )
  if (isSwitch) return option
  return option.argParser(read ?? number(option.long!))
}

/** Adds the flags of a recipe. @param standards what they change: without videos, and with them */
export const addRecipeFlags = (command: Command, ...standards: readonly Recipe[]): Command => {
  for (const flag of flags) command.addOption(optionOf(flag, standards))
  return command
}

/** A flag of the recipe that was given, its value, and the value in any recipe. */
export interface GivenRecipeFlag {
  readonly flag: string
  readonly value: Value
  readonly get: RecipeFlag['get']
  readonly set: (recipe: Recipe, value: Value) => Recipe
  readonly of: Choice | undefined
}

/** The recipe's flags that were given, in the order of the help. */
export const givenRecipeFlags = (command: Command): GivenRecipeFlag[] =>
  flags.flatMap(({ flag, get, set, of }) => {
    const option = new Option(flag)
    const name = option.attributeName()
    const value = command.getOptionValue(name) as Value
    return isGiven(command, name) ? [{ flag: option.long!, value, get, set: set as GivenRecipeFlag['set'], of }] : []
  })

/** Checks that the given flags are of one optimizer and of one schedule. Throws UserError that names two that are not. */
const checkTogether = (given: readonly GivenRecipeFlag[]): void => {
  for (const [what, title] of [
    ['optimizer', '--optimizer'],
    ['schedule', '--schedule'],
  ] as const) {
    const choices = given.flatMap(({ flag, value, of }) =>
      flag === title
        ? [{ kind: String(value), text: `${flag} is ${String(value)}` }]
        : of?.[0] === what
          ? [{ kind: of[1], text: `${flag} is of ${of[1]}` }]
          : [],
    )
    const other = choices.find(({ kind }) => kind !== choices[0]!.kind)
    if (other) throw new UserError(`${other.text}, but ${choices[0]!.text}: one of them expected`)
  }
}

/** A recipe with the given flags. Throws UserError where one of its values cannot be, and for flags that contradict. */
export const recipeOf = (command: Command, standard: Recipe): Recipe => {
  const given = givenRecipeFlags(command)
  checkTogether(given)
  return checkRecipe(
    given.reduce((recipe, { set, value }) => set(recipe, value), standard),
    '--accumulate',
  )
}
