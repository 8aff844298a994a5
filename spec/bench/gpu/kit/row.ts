/** What the kit finds, a line at a time. */
export interface Row {
  /** What was computed. */
  readonly what: string
  /** By whom. */
  readonly name: string
  /** Milliseconds of each run. */
  readonly ms?: readonly number[]
  readonly losses?: readonly number[]
  /** What else is said of it. */
  readonly note?: string
}
export type Say = (row: Row) => void
