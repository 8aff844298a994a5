/** What ts-node makes JavaScript with: TypeScript's own transpiler, once for each text. What it made is kept in
 *  node_modules/.cache, so that a process starts in a second instead of five. */
const { createHash } = require('node:crypto')
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require('node:fs')
const { basename, join } = require('node:path')
const ts = require('typescript')

const folder = join(__dirname, '..', 'node_modules', '.cache', 'transpiled')

/** The value of a file, or undefined where it holds none. */
const kept = file => {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}
/** Keeps a value: whole, whoever else writes it. A folder that cannot be written keeps nothing. */
const keep = (file, value) => {
  try {
    mkdirSync(folder, { recursive: true })
    const partial = `${file}.${process.pid}.${process.hrtime.bigint()}`
    writeFileSync(partial, JSON.stringify(value))
    renameSync(partial, file)
  } catch {
    return
  }
}

exports.create = ({ service: { config } }) => {
  const how = JSON.stringify([ts.version, config.options])
  return {
    transpile: (input, { fileName }) => {
      const name = createHash('sha256')
        .update(`${how}\0${basename(fileName)}\0${input}`)
        .digest('hex')
      const file = join(folder, `${name}.json`)
      const before = kept(file)
      if (before) return before
      const { outputText, sourceMapText } = ts.transpileModule(input, { fileName, compilerOptions: config.options })
      const made = { outputText, sourceMapText }
      keep(file, made)
      return made
    },
  }
}
