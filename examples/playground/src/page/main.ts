/** The page: it holds what is chosen, tells the worker, and draws what the worker reports. */
import { type Both, networks, type NetworkName, type Order, type Report, type Seen } from '../protocol'
import {
  choices,
  configOf,
  defaults,
  engineNames,
  readSeed,
  searchOf,
  type Settings,
  settingsOf,
  SHOWN,
  trialOf,
  untouched,
} from '../settings'
import { clipsIn, networkTitles } from './clips'
import { curve, type Series } from './curves'
import { documentation } from './documentation'
import { matrixView } from './matrix'
import { sheet } from './sheet'
import { nothingCrosses, story, withoutTime } from './story'
import { byId, html, percent, say, set, signed } from './dom'
import { panel } from './panel'
import { type Point, thinned } from './points'

type Ready = Extract<Report, { type: 'ready' }>
interface History {
  readonly loss: Both<readonly Point[]>
  readonly accuracy: Both<readonly Point[]>
  readonly ratios: ReadonlyMap<string, readonly Point[]>
}
const noHistory: History = {
  loss: { baseline: [], ours: [] },
  accuracy: { baseline: [], ours: [] },
  ratios: new Map(),
}

const worker = typeof Worker === 'undefined' ? undefined : new Worker(new URL('../worker/worker.ts', import.meta.url), { type: 'module' }) // prettier-ignore
const tell = (order: Order): void => worker?.postMessage(order)

// ---- what is chosen ----------------------------------------------------------------------------------------------------

const asked = settingsOf(location.search)
let settings: Settings = asked.settings
let run = 0
let going = false
let step = 0
let ready: Ready | undefined
let seen: Both<Seen> | undefined
let history: History = noHistory

const said = (text: string): void => say(byId('said'), text)
const live = (text: string): void => say(byId('live'), text)
/** Puts the settings into the address: as a step that the browser's back undoes, or in place of what is there. */
const remember = (how: 'pushState' | 'replaceState' = 'replaceState'): void => {
  const address = location.pathname + searchOf(settings) + location.hash
  if (address !== location.pathname + location.search + location.hash) globalThis.history[how](null, '', address)
}

// ---- drawing -----------------------------------------------------------------------------------------------------------

const docs = documentation()
let drawnDigit: Uint8Array | undefined
const blockName = (block: number): string =>
  block < settings.stb ? `STB ${block + 1}` : `TTB ${block - settings.stb + 1}`
const matrix = matrixView(() => tell({ type: 'matrix' }))
const openMatrix =
  (network: NetworkName) =>
  (block: number, frame: number): void => {
    matrix.open(network, blockName(block), frame)
    tell({ type: 'matrix', wanted: { network, block, clip: settings.clip - 1 } })
  }
const panels = { baseline: panel('baseline', openMatrix('baseline')), ours: panel('ours', openMatrix('ours')) }
sheet(image => {
  drawnDigit = image
  tell({ type: 'digit', image })
})
const clips = clipsIn('clips', SHOWN, clip => {
  settings = { ...settings, clip: clip + 1 }
  remember()
  clips.choose(clip)
  look()
})
const [WIDE, SMALL] = [
  { width: 320, height: 150, ticks: 4 },
  { width: 320, height: 116, ticks: 3 },
]
const charts = {
  accuracy: curve('curve-accuracy', {
    ...WIDE,
    title: 'Accuracy on held-out clips',
    show: percent,
    range: [0, 1],
    end: (_, p) => percent(p.value),
  }),
  loss: curve('curve-loss', {
    ...WIDE,
    title: 'Loss of the batch',
    show: v => v.toFixed(1),
    range: [0, 2.2],
    end: (_, p) => p.value.toFixed(2),
  }),
  alpha: curve('curve-alpha', {
    ...SMALL,
    title: 'α, how much of the scores crosses',
    show: signed,
    range: [-0.05, 0.05],
    end: s => s.name,
  }),
  beta: curve('curve-beta', {
    ...SMALL,
    title: 'β, the scale of an aggregated feature',
    show: signed,
    range: [0.95, 1.05],
    end: s => s.name,
  }),
}

const lines = (points: Both<readonly Point[]>): readonly Series[] =>
  networks.map(name => ({ name: networkTitles[name], className: name, points: points[name] }))
const ratioLines = (symbol: string): readonly Series[] =>
  [...history.ratios]
    .filter(([key]) => key.startsWith(symbol))
    .map(([key, points], i) => ({ name: key.slice(1), className: `ours shade-${i % 6}`, points }))

/** The ratios as a trial has them. */
const asTried = (seen: Seen): Seen => {
  const { crossing, alpha, beta } = settings
  const set = (all: Seen['alphas'], value: number | 'learnt'): Seen['alphas'] =>
    all.map(x => ({ ...x, value: crossing ? (value === 'learnt' ? x.value : value) : 0 }))
  return { ...seen, alphas: set(seen.alphas, alpha), betas: set(seen.betas, beta) }
}
const look = (): void => {
  if (!ready || !seen) return
  for (const name of networks) panels[name].see(asTried(seen[name]), ready.clips, settings.clip - 1, ready.classNames)
}
const tellStory = (): void => say(byId('story'), nothingCrosses(settings) && !withoutTime(settings) ? 'With these settings nothing crosses from block to block: both networks are the same.' : story(settings, seen)) // prettier-ignore
let dirty = false
/** Draws what moved, once a frame at most. */
const redraw = (): void => {
  if (dirty) return
  dirty = true
  requestAnimationFrame(() => {
    dirty = false
    say(byId('steps'), step.toLocaleString('en'))
    const level = { value: 0.5, text: withoutTime(settings) ? 'the limit without time' : 'half of each pair' }
    charts.accuracy.draw(lines(history.accuracy), step, level)
    tellStory()
    charts.loss.draw(lines(history.loss), step)
    charts.alpha.draw(ratioLines('α'), step)
    charts.beta.draw(ratioLines('β'), step)
    for (const name of networks) say(byId(`accuracy-${name}`), seen ? percent(seen[name].accuracy) : '–')
    look()
  })
}

// ---- running -----------------------------------------------------------------------------------------------------------

const buttons = { run: byId('run'), step: byId('step'), reset: byId('reset') }
const setGoing = (on: boolean): void => {
  going = on
  say(buttons.run, on ? 'Pause' : 'Run')
}
const start = (): void => {
  run++
  step = 0
  seen = undefined
  history = noHistory
  const config = configOf(settings)
  panels.baseline.build({ ...config, cssa: false, fam: false })
  panels.ours.build(config)
  say(byId('rate'), '–')
  const { cssa, fam, stb, ttb } = settings
  const curves = byId('curves-title').closest('section')!
  curves.classList.toggle('without-alpha', !(cssa && Math.max(stb, ttb) > 1))
  curves.classList.toggle('without-beta', !(fam && stb + ttb > 1))
  document.body.dataset['ours'] = cssa && fam ? 'both' : cssa ? 'cssa' : fam ? 'fam' : 'baseline'
  tell({ type: 'start', run, settings: { ...settings, run: going } })
  redraw()
}

/** A mean over some steps: single ones jump. */
const mean = (points: readonly Point[], at: number, value: number): readonly Point[] => {
  const before = points.at(-1)?.value ?? value
  return thinned([...points, { step: at, value: 0.8 * before + 0.2 * value }])
}
const until = (points: readonly Point[], last: number): readonly Point[] => points.filter(p => p.step <= last)
const mapBoth = <A, B>(pair: Both<A>, f: (x: A, name: NetworkName) => B): Both<B> => ({
  baseline: f(pair.baseline, 'baseline'),
  ours: f(pair.ours, 'ours'),
})

let rate = 0
let announced = 0
const announce = (now: Both<Seen>): void => {
  if (performance.now() - announced < 15000 && step > 0) return
  announced = performance.now()
  const told = networks.map(name => `${networkTitles[name]} ${percent(now[name].accuracy)}`).join(', ')
  live(`Step ${step}. Held-out accuracy: ${told}.`)
}

const engineTitles = { auto: 'Fastest', webgpu: 'WebGPU', webasm: 'WebAssembly', ndarray: 'Reference' } as const
const showEngine = ({ mode, description, notes }: Extract<Report, { type: 'engine' }>): void =>
  byId('engine').replaceChildren(
    html('b', {}, engineTitles[mode]),
    ` ${description}`,
    ...(notes.length > 0 ? [html('span', {}, ` · ${notes.join('; ')}`)] : []),
  )

const hear = (report: Report): void => {
  if (report.run !== run) return
  switch (report.type) {
    case 'engine':
      showEngine(report)
      break
    case 'ready':
      ready = report
      clips.show(report.clips, report.classNames)
      docs.live(report.shapes)
      if (drawnDigit) tell({ type: 'digit', image: drawnDigit })
      break
    case 'clips':
      if (ready) ready = { ...ready, clips: report.clips }
      clips.show(report.clips, ready!.classNames)
      break
    case 'matrix':
      matrix.show(report.matrix)
      break
    case 'stepped':
      step = report.step
      rate = rate === 0 ? report.rate : 0.9 * rate + 0.1 * report.rate
      say(byId('rate'), rate.toFixed(rate < 10 ? 1 : 0))
      if (step === 3 && rate < 0.5)
        said(`A step takes ${(1 / rate).toFixed(0)} s here: fewer blocks and frames, or larger patches, are faster.`)
      history = { ...history, loss: mapBoth(report.loss, (loss, name) => mean(history.loss[name], step, loss)) }
      break
    case 'seen': {
      seen = report.seen
      const at = report.step
      const ratios = [
        ...seen.ours.alphas.map(x => ({ ...x, key: `α${x.name}` })),
        ...seen.ours.betas.map(x => ({ ...x, key: `β${x.name}` })),
      ]
      history = {
        ...history,
        accuracy: mapBoth(seen, ({ accuracy }, name) =>
          thinned([...history.accuracy[name], { step: at, value: accuracy }]),
        ),
        ratios: new Map(
          ratios.map(({ key, value }) => [key, thinned([...(history.ratios.get(key) ?? []), { step: at, value }])]),
        ),
      }
      clips.guess(seen)
      announce(seen)
      break
    }
    case 'said': {
      said(report.text)
      const { step: back } = report
      if (back === undefined) break
      step = back
      history = {
        loss: mapBoth(history.loss, points => until(points, back)),
        accuracy: mapBoth(history.accuracy, points => until(points, back - 1)),
        ratios: new Map([...history.ratios].map(([key, points]) => [key, until(points, back - 1)])),
      }
      break
    }
    case 'failed':
      said(`Training stopped: ${report.text}`)
      setGoing(false)
      break
  }
  redraw()
}
const stopped = (text: string): void => {
  said(text)
  setGoing(false)
}
if (worker) {
  worker.onmessage = ({ data }: MessageEvent<Report>) => hear(data)
  worker.onerror = event => stopped(`The worker cannot run: ${event.message || 'its script did not load'}`)
}

buttons.run.addEventListener('click', () => {
  setGoing(!going)
  settings = { ...settings, run: going }
  remember()
  said('')
  tell({ type: going ? 'go' : 'pause' })
})
buttons.step.addEventListener('click', () => {
  if (going) {
    setGoing(false)
    settings = { ...settings, run: false }
    remember()
    tell({ type: 'pause' })
  }
  tell({ type: 'step' })
})
buttons.reset.addEventListener('click', () => {
  said('')
  start()
})

// ---- a tab in the background rests, and goes on when it is seen again -------------------------------------------------------

let resting = false
document.addEventListener('visibilitychange', () => {
  if (document.hidden && going) {
    resting = true
    tell({ type: 'pause' })
  } else if (!document.hidden && resting) {
    resting = false
    said('Training rested while this tab was in the background.')
    if (going) tell({ type: 'go' })
  }
})

// ---- the form ----------------------------------------------------------------------------------------------------------

const form = byId('settings') as HTMLFormElement
const field = (name: string): HTMLInputElement | HTMLSelectElement =>
  form.elements.namedItem(name) as HTMLInputElement | HTMLSelectElement

for (const [name, values] of Object.entries(choices))
  field(name).append(...values.map(value => html('option', { value }, `${value}${name === 'patch' ? ' pixels' : ''}`)))
field('engine').append(...engineNames.map(name => html('option', { value: name }, engineTitles[name])))

const trials = byId('trial') as HTMLFormElement
const trialField = (name: string): HTMLInputElement => trials.elements.namedItem(name) as HTMLInputElement
const showSettings = (): void => {
  for (const name of ['cssa', 'fam', 'ps', 'pt'] as const) (field(name) as HTMLInputElement).checked = settings[name]
  for (const name of ['stb', 'ttb', 'frames', 'patch', 'seed', 'engine'] as const)
    field(name).value = String(settings[name])
  for (const name of ['alpha', 'beta'] as const) {
    const value = settings[name]
    trialField(name).value = String(value === 'learnt' ? (name === 'alpha' ? 0 : 1) : value)
    say(byId(`${name}-shown`), value === 'learnt' ? 'as learnt' : value.toFixed(1).replace('-', '−'))
  }
  trialField('shuffle').checked = !settings.order
  const same = (Object.keys(untouched) as (keyof typeof untouched)[]).every(key => settings[key] === untouched[key])
  ;(byId('untouched') as HTMLButtonElement).disabled = same
  set(byId('take-time'), { 'aria-pressed': String(!settings.time) })
  set(byId('take-crossing'), { 'aria-pressed': String(!settings.crossing) })
  set(byId('harder'), { 'aria-pressed': String(settings.hard) })
}
/** What starts both networks again. */
const change = (values: Partial<Settings>): void => {
  settings = { ...settings, ...values }
  remember('pushState')
  showSettings()
  start()
}
/** What is tried at once on the networks as they are. */
const attempt = (values: Partial<Settings>, how?: 'pushState'): void => {
  settings = { ...settings, ...values }
  remember(how)
  showSettings()
  said('')
  tell({ type: 'try', trial: trialOf(settings) })
  redraw()
}
form.addEventListener('submit', event => event.preventDefault())
form.addEventListener('change', ({ target }) => {
  const { name, value } = target as HTMLInputElement
  said('')
  if (name === 'seed') {
    const { value: seed, remark = '' } = readSeed(value, settings.seed)
    said(remark)
    change({ seed })
  } else if (name === 'engine') change({ engine: engineNames.find(e => e === value) ?? defaults.engine })
  else if (name in choices) change({ [name]: Number(value) })
  else change({ [name]: (target as HTMLInputElement).checked })
})
trials.addEventListener('submit', event => event.preventDefault())
trials.addEventListener('input', ({ target }) => {
  const { name, value, checked } = target as HTMLInputElement
  attempt(name === 'shuffle' ? { order: !checked } : { [name]: Number(value) })
})
byId('untouched').addEventListener('click', () => attempt(untouched, 'pushState'))
byId('take-time').addEventListener('click', () => attempt({ time: !settings.time }, 'pushState'))
byId('take-crossing').addEventListener('click', () => attempt({ crossing: !settings.crossing }, 'pushState'))
byId('harder').addEventListener('click', () => {
  said('')
  change({ hard: !settings.hard })
})
// On a small screen one network is shown at a time.
for (const button of document.querySelectorAll<HTMLElement>('[data-side]'))
  button.addEventListener('click', () => {
    document.body.dataset['side'] = button.dataset['side']!
    for (const other of document.querySelectorAll('[data-side]:is(button)'))
      set(other, { 'aria-pressed': String(other === button) })
  })

// ---- back and forward ----------------------------------------------------------------------------------------------------

addEventListener('popstate', () => {
  const before = settings
  settings = { ...settingsOf(location.search).settings, run: settings.run }
  docs.follow(location.hash)
  showSettings()
  clips.choose(settings.clip - 1)
  const trial = Object.keys(untouched)
  const differs = (key: string): boolean => settings[key as keyof Settings] !== before[key as keyof Settings]
  if (Object.keys(settings).some(key => differs(key) && !trial.includes(key) && key !== 'clip')) start()
  else if (trial.some(differs)) attempt({})
  else redraw()
})

// ---- begin -------------------------------------------------------------------------------------------------------------

const still = matchMedia('(prefers-reduced-motion: reduce)')
const motion = byId('motion')
const move = (on: boolean): void => {
  set(motion, { 'aria-pressed': String(on) })
  clips.move(on)
}
motion.addEventListener('click', () => move(motion.getAttribute('aria-pressed') !== 'true'))
still.addEventListener('change', () => move(!still.matches))

showSettings()
said(asked.remarks.join('. '))
setGoing(settings.run)
clips.choose(settings.clip - 1)
move(!still.matches)
remember()
start()
docs.follow(location.hash)
if (!worker) stopped('The networks learn in a web worker, which this browser does not have.')
