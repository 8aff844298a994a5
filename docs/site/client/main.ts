/** The page comes to life: its figures answer, its symbols light up. Without this script it is a text with pictures. */
import './style.css'
import { hovers } from './hovers'

hovers()
if (document.querySelector('[data-figure]')) void import('./live').then(({ live }) => live())
if (document.body.dataset['page'] === 'repl') void import('./repl').then(({ repl }) => repl())
// After the first visit everything is there without a network.
if ('serviceWorker' in navigator && import.meta.env.PROD)
  addEventListener('load', () => void navigator.serviceWorker.register('sw.js').catch(() => undefined))
