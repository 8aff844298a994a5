/** The flags that change how a network is trained. */
import { type Command, Option } from 'commander'
import { checkRecipe, type Recipe } from '../training'
import { number } from './config-flags'

interface RecipeFlag {
  readonly flag: string
  readonly text: string
  readonly get: (recipe: Recipe) => number | undefined
  readonly set: (recipe: Recipe, value: number) => Recipe
}

const flags: readonly RecipeFlag[] = [
  { flag: '--steps <n>', text: 'training steps', get: r => r.steps, set: (r, steps) => ({ ...r, steps }) },
  { flag: '--batch <n>', text: 'clips in a step', get: r => r.batch, set: (r, batch) => ({ ...r, batch }) },
  { flag: '--rate <η>', text: 'learning rate', get: r => r.rate, set: (r, rate) => ({ ...r, rate }) },
  {
    flag: '--warmup <n>',
    text: 'steps in which the rate rises',
    get: ({ schedule }) => (schedule.kind === 'warm-up and cosine' ? schedule.warmup : undefined),
    set: (r, warmup) => ({ ...r, schedule: { kind: 'warm-up and cosine', warmup } }),
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
]

const optionOf = ({ flag, text, get }: RecipeFlag, standard: Recipe): Option => {
  const option = new Option(flag, `${text} (default: ${get(standard)})`).helpGroup('Training:')
  return option.argParser(number(option.long!))
}

export const addRecipeFlags = (command: Command, standard: Recipe): Command => {
  for (const flag of flags) command.addOption(optionOf(flag, standard))
  return command
}

/** A flag of the recipe that was given, its value, and the value in any recipe. */
export interface GivenRecipeFlag {
  readonly flag: string
  readonly value: number
  readonly get: RecipeFlag['get']
  readonly set: RecipeFlag['set']
}

/** The recipe's flags that were given, in the order of the help. */
export const givenRecipeFlags = (command: Command, standard: Recipe): GivenRecipeFlag[] =>
  flags.flatMap(known => {
    const option = optionOf(known, standard)
    const value: unknown = command.getOptionValue(option.attributeName())
    return typeof value === 'number' ? [{ flag: option.long!, value, get: known.get, set: known.set }] : []
  })

/** A recipe with the given flags. Throws UserError where one of its values cannot be. */
export const recipeOf = (command: Command, standard: Recipe): Recipe =>
  checkRecipe(givenRecipeFlags(command, standard).reduce((recipe, { set, value }) => set(recipe, value), standard))
