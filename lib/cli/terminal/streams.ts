/** Where the command writes: results to `out`; progress and errors to `err`. */
export interface Streams {
  readonly out: NodeJS.WritableStream
  readonly err: NodeJS.WritableStream
}
