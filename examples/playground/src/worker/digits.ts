/** The digits, from the files that stand beside the page. */
import { UserError } from '../../../../lib/tensor'
import { type DigitFile, digitsFrom, type DigitSplits } from '../../../../lib/video/digits'

const addresses: Readonly<Record<DigitFile, URL>> = {
  'train.png': new URL('../../../../fixtures/digits/train.png', import.meta.url),
  'test.png': new URL('../../../../fixtures/digits/test.png', import.meta.url),
  'labels.json': new URL('../../../../fixtures/digits/labels.json', import.meta.url),
}

const load = async (file: DigitFile): Promise<Uint8Array> => {
  const answer = await fetch(addresses[file]).catch((error: Error) => ({ ok: false as const, status: error.message }))
  if (!answer.ok) throw new UserError(`${file}: expected the digits beside this page, found ${answer.status}`)
  return new Uint8Array(await answer.arrayBuffer())
}

/** Throws UserError that names the file which is missing or damaged. */
export const loadDigits = async (): Promise<DigitSplits> => {
  const [train, test, labels] = await Promise.all([load('train.png'), load('test.png'), load('labels.json')])
  const bytes = { 'train.png': train, 'test.png': test, 'labels.json': labels }
  return digitsFrom(file => bytes[file])
}
