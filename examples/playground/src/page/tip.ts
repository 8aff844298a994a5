/** What the pointer is on, told beside it. */
import { byId, say } from './dom'

const place = (event: PointerEvent): void => {
  const tip = byId('tip')
  const { width, height } = tip.getBoundingClientRect()
  const left = Math.max(8, Math.min(event.clientX + 12, innerWidth - width - 8))
  const above = event.clientY - height - 14
  tip.style.translate = `${left}px ${above > 8 ? above : event.clientY + 18}px`
}

/** Tells of what is under the pointer, or a finger, while it is on an element. */
export const tipOver = (element: Element, words: (event: PointerEvent) => string): void => {
  const tip = byId('tip')
  const tell = (event: PointerEvent): void => {
    tip.hidden = false
    say(tip, words(event))
    place(event)
  }
  const hide = (): void => {
    tip.hidden = true
  }
  element.addEventListener('pointermove', event => tell(event as PointerEvent))
  element.addEventListener('pointerdown', event => tell(event as PointerEvent))
  element.addEventListener('pointerleave', hide)
}
