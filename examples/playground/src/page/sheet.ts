/** A sheet to draw a digit on. */
import { byId } from './dom'

/** Side of a digit in pixels, as those of the training clips have it. */
const SIDE = 28

/** @param used called with 28 × 28 gray values, 0 paper to 255 ink */
export const sheet = (used: (image: Uint8Array) => void): void => {
  const dialog = byId('sheet') as HTMLDialogElement
  const canvas = byId('sheet-canvas') as HTMLCanvasElement
  const context = canvas.getContext('2d', { willReadFrequently: true })!
  const clear = (): void => {
    context.fillStyle = '#fff'
    context.fillRect(0, 0, canvas.width, canvas.height)
  }
  let drawing = false
  const at = ({ clientX, clientY }: PointerEvent): readonly [number, number] => {
    const { left, top, width } = canvas.getBoundingClientRect()
    return [((clientX - left) / width) * canvas.width, ((clientY - top) / width) * canvas.height]
  }
  canvas.addEventListener('pointerdown', event => {
    drawing = true
    canvas.setPointerCapture(event.pointerId)
    Object.assign(context, { lineWidth: 22, lineCap: 'round', lineJoin: 'round', strokeStyle: '#000' })
    context.beginPath()
    context.moveTo(...at(event))
    context.lineTo(...at(event))
    context.stroke()
  })
  canvas.addEventListener('pointermove', event => {
    if (!drawing) return
    context.lineTo(...at(event))
    context.stroke()
  })
  for (const end of ['pointerup', 'pointercancel']) canvas.addEventListener(end, () => (drawing = false))

  /** The drawing in the middle of a tile, its longer side 20 pixels, as MNIST has them; nothing where nothing is drawn. */
  const image = (): Uint8Array | undefined => {
    const { width, height } = canvas
    const { data } = context.getImageData(0, 0, width, height)
    const inked = (i: number): boolean => data[4 * i]! < 128
    let [left, right, top, bottom] = [width, -1, height, -1]
    for (let i = 0; i < width * height; i++)
      if (inked(i)) {
        const [x, y] = [i % width, Math.floor(i / width)]
        ;[left, right, top, bottom] = [Math.min(left, x), Math.max(right, x), Math.min(top, y), Math.max(bottom, y)]
      }
    if (right < 0) return undefined
    const long = Math.max(right - left, bottom - top) + 1
    const scale = Math.min(20 / long, SIDE / 10)
    const small = Object.assign(document.createElement('canvas'), { width: SIDE, height: SIDE })
    const into = small.getContext('2d')!
    into.fillStyle = '#fff'
    into.fillRect(0, 0, SIDE, SIDE)
    into.imageSmoothingQuality = 'high'
    const [w, h] = [(right - left + 1) * scale, (bottom - top + 1) * scale]
    into.drawImage(canvas, left, top, right - left + 1, bottom - top + 1, (SIDE - w) / 2, (SIDE - h) / 2, w, h)
    const pixels = into.getImageData(0, 0, SIDE, SIDE).data
    return Uint8Array.from({ length: SIDE * SIDE }, (_, i) => 255 - pixels[4 * i]!)
  }

  byId('draw').addEventListener('click', () => {
    clear()
    dialog.showModal()
  })
  byId('sheet-clear').addEventListener('click', clear)
  byId('sheet-close').addEventListener('click', () => dialog.close())
  byId('sheet-use').addEventListener('click', () => {
    const drawn = image()
    dialog.close()
    if (drawn) used(drawn)
  })
}
