/** The whole attention of a block, cell by cell, in a dialog. */
import type { Matrix, NetworkName } from '../protocol'
import { networkTitles } from './clips'
import { byId, dialogOf, html, say, set } from './dom'

export interface MatrixView {
  /** Opens for a block; its numbers come with the next look. */
  readonly open: (network: NetworkName, block: string, frame: number) => void
  readonly show: (matrix: Matrix) => void
}
const CELL = 440

/** @param closed called when nobody looks at it any more */
export const matrixView = (closed: () => void): MatrixView => {
  const dialog = dialogOf('matrix')
  const canvas = byId('matrix-canvas') as HTMLCanvasElement
  const [frames, heads] = [byId('matrix-frame') as HTMLSelectElement, byId('matrix-head') as HTMLSelectElement]
  let about = ''
  let wantedFrame = 0
  let shown: Matrix | undefined
  let at: readonly [row: number, column: number] = [0, 0]

  const options = (select: HTMLSelectElement, names: readonly string[]): void => {
    if (select.options.length !== names.length)
      select.replaceChildren(...names.map((name, i) => html('option', { value: i }, name)))
  }
  /** The share of a cell, of one head or the mean of all. */
  const share = ({ map, heads: h, side }: Matrix, row: number, column: number): number => {
    const head = Number(heads.value) - 1
    const one = (i: number): number => map[((Number(frames.value) * h + i) * side + row) * side + column]!
    return head >= 0 ? one(head) : Array.from({ length: h }, (_, i) => one(i)).reduce((sum, x) => sum + x, 0) / h
  }
  const temporal = (): boolean => about.includes('TTB')
  const token = ({ side }: Matrix, i: number): string => {
    const columns = Math.sqrt(side - 1)
    if (temporal()) return `the class token of frame ${i + 1}`
    return i === 0 ? 'the class token' : `patch ${Math.floor((i - 1) / columns) + 1}, ${((i - 1) % columns) + 1}`
  }
  const tell = (): void => {
    if (!shown) return
    const [row, column] = at
    const percent = (100 * share(shown, row, column)).toFixed(1)
    say(byId('matrix-cell'), `${token(shown, row)} → ${token(shown, column)}: ${percent} %`)
  }
  const draw = (): void => {
    if (!shown) return
    const { side } = shown
    const context = canvas.getContext('2d')!
    const size = Math.floor(CELL / side) * side
    set(canvas, { width: size, height: size, 'aria-label': `${about}: ${side} × ${side} shares` })
    const style = getComputedStyle(canvas)
    const cell = size / side
    context.fillStyle = style.backgroundColor
    context.fillRect(0, 0, size, size)
    context.fillStyle = style.color
    for (let row = 0; row < side; row++)
      for (let column = 0; column < side; column++) {
        context.globalAlpha = Math.min(1, (share(shown, row, column) * side) / 4)
        context.fillRect(column * cell + 0.5, row * cell + 0.5, cell - 1, cell - 1)
      }
    context.globalAlpha = 1
    context.strokeStyle = style.color
    context.strokeRect(at[1] * cell + 0.5, at[0] * cell + 0.5, cell - 1, cell - 1)
    tell()
  }
  const move = (row: number, column: number): void => {
    const most = (shown?.side ?? 1) - 1
    at = [Math.min(most, Math.max(0, row)), Math.min(most, Math.max(0, column))]
    draw()
  }
  canvas.addEventListener('pointermove', event => {
    if (!shown) return
    const { left, top, width, height } = canvas.getBoundingClientRect()
    const part = (x: number, whole: number): number => Math.floor((x / whole) * shown!.side)
    move(part(event.clientY - top, height), part(event.clientX - left, width))
  })
  canvas.addEventListener('keydown', event => {
    const steps: Readonly<Record<string, readonly [number, number]>> = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] } // prettier-ignore
    const step = steps[event.key]
    if (!step) return
    event.preventDefault()
    move(at[0] + step[0], at[1] + step[1])
  })
  frames.addEventListener('change', draw)
  heads.addEventListener('change', draw)
  dialog.addEventListener('close', () => {
    shown = undefined
    closed()
  })

  return {
    open: (network, block, frame) => {
      about = `${networkTitles[network]}, ${block}`
      wantedFrame = frame
      at = [temporal() ? frame : 0, 0]
      say(byId('matrix-title'), about)
      say(byId('matrix-cell'), 'Computing …')
      frames.replaceChildren()
      dialog.className = network
      dialog.showModal()
    },
    show: matrix => {
      if (!dialog.open) return
      shown = matrix
      const { heads: h, side, map } = matrix
      const T = temporal() ? 1 : map.length / (h * side * side)
      const first = frames.options.length === 0
      options(frames, temporal() ? ['all'] : Array.from({ length: T }, (_, t) => `${t + 1}`))
      if (first && !temporal()) frames.value = `${wantedFrame}`
      options(heads, ['mean', ...Array.from({ length: h }, (_, i) => `${i + 1}`)])
      draw()
    },
  }
}
