import { expect } from 'chai'
import fc from 'fast-check'
import { isJunk, seriesOf } from '../../../lib/video/datasets/kinds'

describe('Numbered pictures', () => {
  it('of one name are the frames of a video in the order of their numbers', () =>
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.nat(99_999), { minLength: 1 }),
        fc.constantFrom('', 'img_', 'frame', 'v1-'),
        fc.constantFrom('.jpg', '.PNG'),
        fc.nat(5),
        (numbers, prefix, end, width) => {
          const name = (n: number) => `${prefix}${String(n).padStart(width, '0')}${end}`
          const sorted = [...numbers].sort((a, b) => a - b)
          expect(seriesOf(numbers.map(name))).to.deep.equal(sorted.map(name))
          expect(seriesOf([...numbers.map(name), 'notes.txt', 'flow_x_1.jpg', 'flow_y_1.jpg'])).to.have.lengthOf(
            numbers.length,
          )
        },
      ),
    ))

  for (const names of [[], ['a.jpg', 'b.jpg'], ['a1.jpg', 'b1.jpg'], ['1.jpg', '2.jpg', 'v.mp4'], ['1.txt', '2.txt']])
    it(`are not ${names.join(', ') || 'nothing'}`, () => expect(seriesOf(names)).to.deep.equal([]))

  it('of optical flow alone are its', () => expect(seriesOf(['x_1.jpg', 'x_2.jpg'])).to.have.lengthOf(2))

  it('are nobody’s where systems leave them behind', () => {
    for (const name of ['.DS_Store', '._a.mp4', '__MACOSX', 'Thumbs.db', 'desktop.ini', '@eaDir']) expect(isJunk(name), name).to.equal(true) // prettier-ignore
    for (const name of ['a.mp4', '_a', 'thumbs']) expect(isJunk(name), name).to.equal(false)
  })
})
