/** The folder of the command: `lib/cli` where the sources run, and `dist/cli` in the package, where all of it is one file. */
export const here = __dirname
