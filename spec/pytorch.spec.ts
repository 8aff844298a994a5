/** The PyTorch example: the same logits, and steps of training on two processes that are our own steps. */
import { expect } from 'chai'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { flat, network } from '../lib'
import { digitsRecipe, startState } from '../lib/training'
import { saveCheckpoint, saveSafetensors } from '../lib/training/node'
import { goldenCases, goldenNetwork } from './golden'
import { expectNear } from './laws/values'
import { describeWhere } from './laws/skips'
import { goesOnWithOurs, noTorch, run, SLOW } from './pytorch'

describeWhere(noTorch)('The PyTorch example', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cstransformer-'))
  const at = (name: string): string => join(folder, `${name}.safetensors`)
  after(() => rmSync(folder, { recursive: true, force: true }))

  it("has the logits and gradients of kept scores with PyTorch's attention that keeps none, or one of the same meaning where PyTorch has none", () => {
    for (const name of goldenCases) {
      const { config, parameters, X } = goldenNetwork(name, 'float64')
      const state = startState(digitsRecipe, parameters)
      saveCheckpoint(at(`${name}-fused`), { config, recipe: digitsRecipe, seed: 0, step: 0, state })
      saveSafetensors(at(`${name}-fused-clips`), { tensors: new Map([['X', X]]), metadata: {} })
    }
    const program = `
import json, sys, torch
import cstransformer
from cstransformer import load, read_tensors
calls = []
def same_meaning(Q, K, V):
    return torch.softmax(Q @ K.transpose(-2, -1) / Q.shape[-1] ** 0.5, -1) @ V
def counted(*operands):
    calls.append(operands[0].shape[-1])
    return (kernel or same_meaning)(*operands)
kernel = cstransformer.fused_attention
for name in sys.argv[2:]:
    path = sys.argv[1] + '/' + name
    clips, _ = read_tensors(path + '-clips.safetensors')
    made = []
    for attention in (None, counted):
        calls.clear()
        cstransformer.fused_attention = attention
        model = load(path + '.safetensors')[0]
        logits = model(clips['X'])
        torch.sin(logits).sum().backward()
        made.append([logits.detach()] + [p.grad for p in model.parameters()])
    none = lambda x, y: x if x is not None else torch.zeros_like(y)
    worst = max(float((none(a, b) - b).abs().max()) for a, b in zip(*made) if b is not None)
    print(json.dumps({'name': name, 'worst': worst, 'widths': sorted(set(calls)), 'calls': len(calls)}))
`
    const lines = run('-c', program, folder, ...goldenCases.map(name => `${name}-fused`)).trim().split('\n') // prettier-ignore
    for (const [i, line] of lines.entries()) {
      const { config } = goldenNetwork(goldenCases[i]!, 'float64')
      const found = JSON.parse(line) as { worst: number; widths: number[]; calls: number }
      const [d, blocks] = [config.dim / config.heads, config.STB + config.TTB]
      const crosses = config.cssa && Math.max(config.STB, config.TTB) > 1
      expect(found.calls, line).to.equal(config.scores === 'raw' ? blocks : 0)
      expect(found.widths, line).to.deep.equal(config.scores === 'raw' ? [d, ...(crosses ? [2 * d] : [])] : [])
      expect(found.worst, line).to.be.below(1e-10)
    }
  }).timeout(SLOW)

  it('gives our logits, with every switch', () => {
    const dtypes = ['float32', 'float64'] as const
    const expected = goldenCases.flatMap(name =>
      dtypes.map(dtype => {
        const { config, parameters, X } = goldenNetwork(name, dtype)
        const file = `${name}-${dtype}`
        const state = startState(digitsRecipe, parameters)
        saveCheckpoint(at(file), { config, recipe: digitsRecipe, seed: 0, step: 0, state })
        saveSafetensors(at(`${file}-clips`), { tensors: new Map([['X', X]]), metadata: {} })
        return { file, dtype, logits: network(config, parameters, X) }
      }),
    )
    const program = `
import json, sys
import cstransformer
from cstransformer import load, read_tensors
assert cstransformer.fused_attention is getattr(cstransformer.F, 'scaled_dot_product_attention', None)
for name in sys.argv[2:]:
    path = sys.argv[1] + '/' + name
    clips, _ = read_tensors(path + '-clips.safetensors')
    print(json.dumps(load(path + '.safetensors')[0](clips['X']).tolist()))
`
    const lines = run('-c', program, folder, ...expected.map(({ file }) => file))
      .trim()
      .split('\n')
    expect(lines).to.have.length(expected.length)
    expected.forEach(({ file, dtype, logits }, i) => {
      const theirs = (JSON.parse(lines[i]!) as number[][]).flat()
      expectNear(theirs, flat(logits), dtype === 'float32' ? 1e-4 : 1e-9, file)
    })
  }).timeout(SLOW)

  goesOnWithOurs(at, 'AdamW, clipped, warm-up and cosine', 'float64')
})
