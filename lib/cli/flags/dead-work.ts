import { Option } from 'commander'

/** What `--dead-work` says: whether operations on positions that no result depends on are computed (decision D6). */
export const DEAD_WORK = ['keep', 'leave-out'] as const
export type DeadWork = (typeof DEAD_WORK)[number]

export const DEAD_WORK_HELP =
  'positions that no result depends on: keep computes them as the equations stand, leave-out does not'

/** The flag of a command that computes one way. */
export const deadWorkOption = (): Option =>
  new Option('--dead-work <how>', DEAD_WORK_HELP).choices([...DEAD_WORK]).default('leave-out' satisfies DeadWork)

/** The flag as the library has it. */
export const deadWorkOf = (how: DeadWork): 'kept' | 'left out' => (how === 'keep' ? 'kept' : 'left out')
