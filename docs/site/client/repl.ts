/** Code that runs in the page: the compiler in one worker, the program in another, which is stopped after five seconds. */
import type { Answer, Question } from './compiler'
import type { Said } from './runner'

const LIMIT = 5000

const newWorker = (make: () => Worker): Worker => {
  if (typeof Worker === 'undefined') throw new Error('Programs run in web workers, which this browser does not have.')
  return make()
}

/** One question at a time to a compiler that is loaded when the first is asked. */
const compiler = (): ((code: string) => Promise<Answer>) => {
  let worker: Worker | undefined
  let turn = 0
  return code =>
    new Promise((resolve, reject) => {
      worker ??= newWorker(() => new Worker(new URL('./compiler.ts', import.meta.url), { type: 'module' }))
      const id = ++turn
      worker.onmessage = ({ data }: MessageEvent<Answer>) => data.id === id && resolve(data)
      worker.onerror = event => {
        worker?.terminate()
        worker = undefined
        reject(new Error(event.message || 'The compiler cannot be loaded.'))
      }
      worker.postMessage({ id, code, types: document.body.dataset['types']! } satisfies Question)
    })
}

export const repl = (): void => {
  const byId = <E extends HTMLElement>(id: string): E => document.getElementById(id) as E
  const [editor, choice, run, output] = [byId<HTMLTextAreaElement>('code'), byId<HTMLSelectElement>('snippet'), byId<HTMLButtonElement>('run'), byId('output')] // prettier-ignore
  const snippets = JSON.parse(byId('snippets').textContent) as readonly {
    readonly name: string
    readonly code: string
  }[]
  const compile = compiler()
  let program: Worker | undefined
  let timer: ReturnType<typeof setTimeout> | undefined

  const clear = (): void => output.replaceChildren()
  const print = (text: string, kind: 'said' | 'wrong' | 'note' = 'said'): void => {
    const line = document.createElement('div')
    line.className = kind
    line.textContent = text
    output.append(line)
  }
  const stop = (): void => {
    clearTimeout(timer)
    program?.terminate()
    program = undefined
    run.textContent = 'Run'
  }
  const start = async (): Promise<void> => {
    stop()
    clear()
    run.textContent = 'Stop'
    print('Compiling …', 'note')
    try {
      const { errors, script } = await compile(editor.value)
      clear()
      for (const error of errors) print(error, 'wrong')
      if (errors.length > 0) return stop()
      program = newWorker(() => new Worker(new URL('./runner.ts', import.meta.url), { type: 'module' }))
      program.onmessage = ({ data }: MessageEvent<Said>) => {
        if (data.kind === 'ready') {
          timer = setTimeout(() => {
            stop()
            print('Stopped: a program may run for 5 seconds here.', 'wrong')
          }, LIMIT)
        } else if (data.kind === 'line') print(data.text)
        else {
          if (data.kind === 'threw') print(data.text, 'wrong')
          stop()
        }
      }
      program.onerror = event => {
        print(event.message || 'The library cannot be loaded.', 'wrong')
        stop()
      }
      program.postMessage(script)
    } catch (error) {
      clear()
      print((error as Error).message, 'wrong')
      stop()
    }
  }
  choice.addEventListener('change', () => {
    const found = snippets[Number(choice.value)]
    if (!found) return
    stop()
    clear()
    editor.value = found.code
    history.replaceState(null, '', `${location.pathname}#${encodeURIComponent(found.name)}`)
  })
  run.addEventListener('click', () => (run.textContent === 'Stop' ? stop() : void start()))
  editor.addEventListener('keydown', event => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return
    event.preventDefault()
    void start()
  })
  const linked = snippets.findIndex(({ name }) => name === decodeURIComponent(location.hash.slice(1)))
  if (linked >= 0) {
    choice.value = `${linked}`
    editor.value = snippets[linked]!.code
  }
  byId('workbench').hidden = false
}
