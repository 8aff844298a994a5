/** What the compiler leaves to do of the ES modules in esm: they say that they are, and know their folder. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = join(import.meta.dirname, '../esm')
writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n')
for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
  if (!entry.name.endsWith('.js')) continue
  const file = join(entry.parentPath, entry.name)
  const text = readFileSync(file, 'utf8')
  if (/\b__dirname\b/.test(text)) writeFileSync(file, `const __dirname = import.meta.dirname;\n${text}`)
}
