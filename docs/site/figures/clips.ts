import { classNames } from '../../../lib/video/digits-in-motion'
import type { Control } from './figure'

/** Which of the eight clips, one of each class. */
export const clipChoice: Control = { kind: 'choice', name: 'clip', label: 'clip', options: classNames }
